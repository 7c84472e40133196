"""The rules of a conversation that one transcript cannot show: states, races, laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, Given, Prompt
from pro_service.domain.conversation.routing import LineUser, Route, route
from pro_service.domain.instruments.model import Choice, Instrument, Item
from pro_service.domain.instruments.numbers import Value

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def item(
    code: str, maximum: int = 10, *, skippable: bool = True, may_not_apply: bool = False
) -> Item:
    return Item(
        code=code,
        label={"en": f"question {code}", "zh_CN": f"问题{code}"},
        minimum=0,
        maximum=maximum,
        low_anchor={"en": "nothing", "zh_CN": "毫无"},
        high_anchor={"en": "the most", "zh_CN": "最多"},
        skippable=skippable,
        may_not_apply=may_not_apply,
    )


def instrument(*items: Item, groups: tuple[tuple[str, ...], ...] = ()) -> Instrument:
    return Instrument(
        id="trial-questions",
        version="1",
        scoring_version="1",
        title={"en": "Questions", "zh_CN": "问题"},
        recall={"en": "in the last 48 hours", "zh_CN": "过去48小时内"},
        attempt_span_hours=24,
        asks_about="knee",
        items=items,
        groups=groups or tuple((one.code,) for one in items),
    )


def entry(
    *items: Item,
    assessment_id: UUID = FIRST,
    grouped: bool = False,
    answered: dict[str, Value | None] | None = None,
) -> AgendaEntry:
    groups = (tuple(one.code for one in items),) if grouped else ()
    return AgendaEntry(
        assessment_id=assessment_id,
        instrument=instrument(*items, groups=groups),
        target="left_knee",
        text_mode="grouped" if grouped else "item",
        answered=answered or {},
    )


def asking(*codes: str, failures: int = 0, correcting: bool = False) -> Prompt:
    return Prompt(
        assessment_id=FIRST, items=codes, failures=failures, asked_at=NOW, correcting=correcting
    )


def test_dialogue_survives_the_database() -> None:
    dialogue = Dialogue(
        prompt=asking("a", failures=2), last=Given(assessment_id=SECOND, items=("b", "c"))
    )
    assert Dialogue.model_validate_json(dialogue.model_dump_json()) == dialogue


def test_nothing_open_begins_with_an_empty_dialogue_and_no_words() -> None:
    assert begin([entry(item("a"), answered={"a": 3})], NOW) == (Dialogue(), ())


def test_answer_moves_on_across_assessments_and_names_the_completed_one() -> None:
    agenda = [entry(item("a")), entry(item("b"), assessment_id=SECOND)]
    dialogue, _ = begin(agenda, NOW)
    step = advance(dialogue, agenda, "7", NOW)
    assert [(one.item, one.value) for one in step.answers] == [("a", 7)]
    assert step.completed == (FIRST,)
    assert step.dialogue.prompt is not None
    assert step.dialogue.prompt.assessment_id == SECOND


def test_number_is_not_credited_when_the_web_answered_the_question_first() -> None:
    agenda = [entry(item("a"), item("b"), answered={"a": 3})]
    step = advance(Dialogue(prompt=asking("a")), agenda, "7", NOW)
    assert (step.answers, step.disposition) == ((), "unknown")
    assert step.dialogue.prompt is not None
    assert step.dialogue.prompt.items == ("b",)
    assert [part.key for part in step.reply] == ["answered_already", "prompt.item"]


def test_group_partly_answered_elsewhere_is_asked_again_for_the_rest() -> None:
    agenda = [entry(item("a"), item("b"), item("c"), grouped=True, answered={"b": 3})]
    step = advance(Dialogue(prompt=asking("a", "b", "c")), agenda, "1 2 3", NOW)
    assert step.answers == ()
    assert step.dialogue.prompt is not None
    assert step.dialogue.prompt.items == ("a", "c")


def test_prompt_of_an_assessment_no_longer_open_credits_nothing() -> None:
    step = advance(Dialogue(prompt=asking("a")), [entry(item("b"), assessment_id=SECOND)], "7", NOW)
    assert step.answers == ()
    assert step.dialogue.prompt is not None
    assert step.dialogue.prompt.assessment_id == SECOND


def test_text_received_before_the_prompt_was_accepted_answers_nothing() -> None:
    agenda = [entry(item("a"))]
    dialogue = Dialogue(prompt=asking("a"))
    for text, disposition in (
        ("7", "needs_reading"),
        ("skip", "command"),
        ("ouch", "needs_reading"),
    ):
        step = advance(dialogue, agenda, text, NOW, prompt_accepted=False)
        assert (step.answers, step.disposition, step.dialogue) == ((), disposition, dialogue)
        assert step.reply[-1].key == "prompt.item"


def test_e35_back_is_the_only_way_to_an_answered_item() -> None:
    agenda = [entry(item("a"), item("b"), answered={"a": 3, "b": 4})]
    dialogue = Dialogue(last=Given(assessment_id=FIRST, items=("b",)))
    plain = advance(dialogue, agenda, "9", NOW)
    assert (plain.answers, plain.disposition) == ((), "unknown")
    again = advance(dialogue, agenda, "back", NOW)
    assert again.dialogue.prompt == asking("b", correcting=True)
    changed = advance(again.dialogue, agenda, "9", NOW)
    assert [(one.item, one.value) for one in changed.answers] == [("b", 9)]
    assert changed.completed == (FIRST,)


def test_back_without_an_earlier_answer_keeps_the_question() -> None:
    step = advance(Dialogue(prompt=asking("a")), [entry(item("a"))], "back", NOW)
    assert step.dialogue.prompt == asking("a")
    assert [part.key for part in step.reply] == ["back.nothing", "prompt.item"]


def test_fresh_attempt_at_the_same_item_is_no_correction() -> None:
    dialogue = Dialogue(prompt=asking("a"), last=Given(assessment_id=FIRST, items=("a",)))
    step = advance(dialogue, [entry(item("a"))], "5", NOW)
    assert "correction.noted" not in [part.key for part in step.reply]


@pytest.mark.parametrize(
    ("text", "may", "gap"),
    [
        ("skip", True, "skipped"),
        ("不适用", True, "not_applicable"),
        ("skip", False, None),
        ("n/a", False, None),
    ],
)
def test_gap_is_left_only_where_it_is_allowed(text: str, may: bool, gap: str | None) -> None:
    agenda = [entry(item("a", skippable=may, may_not_apply=may))]
    step = advance(Dialogue(prompt=asking("a")), agenda, text, NOW)
    assert step.disposition == "command"
    assert [one.gap for one in step.answers] == ([gap] if gap else [])
    assert all(one.value is None for one in step.answers)
    assert bool(step.completed) == may


def test_other_way_is_offered_after_two_failures_and_a_call_wanted_after_three() -> None:
    agenda = [entry(item("a"))]
    dialogue = Dialogue(prompt=asking("a"))
    seen = []
    for text in ("11", "7.5", "3-4", "99"):
        step = advance(dialogue, agenda, text, NOW, link_possible=False)
        dialogue = step.dialogue
        seen.append((step.offer_other_way, step.call_wanted, [part.key for part in step.reply][1]))
    assert seen == [
        (False, False, "prompt.item"),
        (True, False, "offer.call"),
        (True, True, "offer.call_coming"),
        (True, True, "offer.call_coming"),
    ]
    assert advance(dialogue, agenda, "4", NOW).answers[0].value == 4


def test_link_is_never_promised_where_none_may_go() -> None:
    agenda = [entry(item("a"))]
    step = advance(Dialogue(prompt=asking("a")), agenda, "link", NOW, link_possible=False)
    assert step.reply[0].key == "link.impossible"
    assert step.offer_other_way


def test_words_are_for_somebody_to_read_whether_or_not_a_question_is_open() -> None:
    for agenda in ([], [entry(item("a"))], [entry(item("a"), answered={"a": 1})]):
        step = advance(begin(agenda, NOW)[0], agenda, "my calf is swollen", NOW)
        assert step.disposition == "needs_reading"
        assert step.reply[0].key == "reading.noted"


def test_number_with_nothing_open_is_unknown_and_credited_nowhere() -> None:
    step = advance(Dialogue(), [], "4", NOW)
    assert (step.answers, step.disposition) == ((), "unknown")
    assert [part.key for part in step.reply] == ["nothing_open"]


def test_stop_changes_no_answer_and_asks_nothing_more() -> None:
    step = advance(Dialogue(prompt=asking("a")), [entry(item("a"))], "please stop texting me", NOW)
    assert (step.command, step.disposition, step.answers) == (Command.stop, "command", ())
    assert [part.key for part in step.reply] == ["opt_out.confirmed"]


def test_grouped_prompt_ends_before_an_item_with_another_range() -> None:
    agenda = [entry(item("a"), item("b"), item("c", maximum=4), grouped=True)]
    dialogue, _ = begin(agenda, NOW)
    assert dialogue.prompt is not None
    assert dialogue.prompt.items == ("a", "b")


def test_word_for_does_not_apply_may_stand_in_a_group() -> None:
    agenda = [entry(item("a"), item("b", may_not_apply=True), grouped=True)]
    dialogue, parts = begin(agenda, NOW)
    assert [part.key for part in parts] == ["prompt.group", "hint.not_applicable.group"]
    step = advance(dialogue, agenda, "3 n/a", NOW)
    assert [(one.value, one.gap) for one in step.answers] == [(3, None), (None, "not_applicable")]
    assert step.completed == (FIRST,)


def test_choices_are_listed_in_the_question() -> None:
    yes_no = Item(
        code="a",
        label={"en": "a", "zh_CN": "a"},
        minimum=0,
        maximum=1,
        choices=(
            Choice(value=0, label={"en": "no", "zh_CN": "没有"}),
            Choice(value=1, label={"en": "some", "zh_CN": "有"}),
        ),
    )
    _, parts = begin([entry(yes_no)], NOW)
    assert parts[0].key == "prompt.item.choices"


TEXT = st.one_of(
    st.sampled_from(
        ["4", "back", "skip", "n/a", "stop", "help", "link", "11", "ouch", "1 2", "START"]
    ),
    st.text(max_size=12),
)


@given(st.lists(TEXT, max_size=12), st.booleans())
def test_any_conversation_keeps_every_answer_in_range_and_changes_none_without_back(
    texts: list[str], grouped: bool
) -> None:
    items = (item("a", may_not_apply=True), item("b", maximum=4), item("c", skippable=False))
    standing: dict[str, Value | None] = {}
    dialogue, _ = begin([entry(*items, grouped=grouped)], NOW)
    for number, text in enumerate(texts):
        agenda = [entry(*items, grouped=grouped, answered=dict(standing))]
        step = advance(dialogue, agenda, text, NOW + timedelta(minutes=number))
        for answer in step.answers:
            changed = answer.item in standing
            assert not changed or (dialogue.prompt and dialogue.prompt.correcting)
            assert (answer.value is None) == (answer.gap is not None)
            bound = next(one.maximum for one in items if one.code == answer.item)
            assert answer.value is None or 0 <= answer.value <= bound
            standing[answer.item] = answer.value
        assert bool(step.completed) == (bool(step.answers) and len(standing) == len(items))
        dialogue = step.dialogue


ASKED = datetime(2026, 1, 9, 18, 30, tzinfo=UTC)
ANN = LineUser(participant_id=UUID(int=11), personal_code="K7Q-2M", asked_at=ASKED)
BO = LineUser(participant_id=UUID(int=12), personal_code="P4T-9X", asked_at=ASKED)
ANN_DONE, BO_DONE = (one.model_copy(update={"asked_at": None}) for one in (ANN, BO))
ANNS = Route(kind="owner", participant_id=ANN.participant_id)
BOS = Route(kind="owner", participant_id=BO.participant_id)
BOS_IN_FOCUS = Route(kind="owner", participant_id=BO.participant_id, in_focus=True)
TO_ANN = Route(kind="switch", participant_id=ANN.participant_id, in_focus=True)
TO_BO = Route(kind="switch", participant_id=BO.participant_id, in_focus=True)
ASK = Route(kind="ask_code")


@pytest.mark.parametrize(
    ("users", "focus", "text", "expected"),
    [
        ((ANN,), None, "4", ANNS),
        ((ANN_DONE,), None, "4", ANNS),
        ((ANN,), BO.participant_id, "4", ANNS),
        ((ANN, BO_DONE), None, "4", ANNS),
        ((ANN_DONE, BO), None, "4", BOS),
        ((ANN,), None, "k7q2m", TO_ANN),
        ((ANN, BO), None, "4", ASK),
        ((ANN, BO), UUID(int=99), "4", ASK),
        ((ANN, BO), BO.participant_id, "4", BOS_IN_FOCUS),
        ((ANN_DONE, BO_DONE), None, "4", ASK),
        ((ANN_DONE, BO_DONE), None, "my knee is hot", ASK),
        ((ANN_DONE, BO_DONE), BO.participant_id, "back", BOS_IN_FOCUS),
        ((ANN_DONE, BO_DONE), None, "P4T9X", TO_BO),
        ((ANN, BO), BO.participant_id, " k7q 2m ", TO_ANN),
        ((ANN, BO), None, "Ｐ４Ｔ－９Ｘ。", TO_BO),
        ((ANN, BO), BO.participant_id, "STOP", Route(kind="line", command=Command.stop)),
        ((), None, "帮助", Route(kind="line", command=Command.help)),
    ],
)
def test_text_on_a_shared_line_goes_where_it_belongs(
    users: tuple[LineUser, ...], focus: UUID | None, text: str, expected: Route
) -> None:
    assert route(users, focus, text) == expected
