"""What a text may answer: only a question the sender can have seen, whatever came before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.asking import (
    AT_ONCE,
    EXCHANGE_LASTS,
    PACE,
    Carrier,
    asks,
    carried,
    has_settled,
    is_asked,
    is_repeated,
    still_asked,
)
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, Given, Prompt
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.instruments.numbers import Value
from tests.unit.conversation.test_conversation import FIRST, NOW, SECOND, asking, entry, item

CODES = ("a", "b", "c", "d")
NEVER_READ = ("queued", "sending", "failed", "undelivered", "suppressed", "expired")


@pytest.mark.parametrize("state", ["accepted", "sent", "delivered"])
def test_a_text_is_read_three_seconds_after_it_was_taken_at_the_soonest(state: str) -> None:
    for span, settled in ((0, False), (2.999, False), (3, True), (3600, True)):
        carrier = Carrier(state=MessageState(state), accepted_for=timedelta(seconds=span))
        assert has_settled(carrier, PACE) is settled
    assert has_settled(Carrier(state=MessageState(state), accepted_for=timedelta(0)), AT_ONCE)


@pytest.mark.parametrize("state", NEVER_READ)
def test_a_text_that_reached_nobody_asked_nothing(state: str) -> None:
    assert not has_settled(Carrier(state=MessageState(state), accepted_for=timedelta(days=9)), PACE)


def test_a_text_of_unknown_fate_asked_nothing_before_the_provider_says_it_took_it() -> None:
    for state in (MessageState.ambiguous, MessageState.unconfirmed):
        assert not has_settled(Carrier(state=state), PACE)
        assert has_settled(Carrier(state=state, accepted_for=timedelta(hours=1)), PACE)


def test_a_question_that_no_text_carried_is_not_asked() -> None:
    assert not is_asked(asking("a"), None, PACE)
    assert is_asked(asking("a").model_copy(update={"told": True}), None, PACE)
    assert is_asked(None, None, PACE)


def test_r7_while_staff_wrote_last_nothing_is_an_answer_and_no_question_is_put() -> None:
    carrier = Carrier(
        state=MessageState.delivered, accepted_for=timedelta(hours=1), staff_wrote=True
    )
    assert not is_asked(asking("a"), carrier, PACE)
    agenda, dialogue = [entry(item("a"), item("b"))], Dialogue(prompt=asking("a"))
    for text in ("4", "skip", "it was three days ago", "thanks"):
        step = advance(dialogue, agenda, text, NOW, prompt_accepted=False, staff_wrote=True)
        assert (step.answers, step.disposition) == ((), "needs_reading")
        assert [part.key for part in step.reply] == ["reading.noted"]
        assert step.dialogue == dialogue


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("5", "5", True), ("５", " 5 ", True), ("Five", "FIVE", True), ("5", "6", False)],
)
def test_the_same_words_are_known_by_what_they_say(one: str, other: str, same: bool) -> None:
    assert is_repeated(one, ["nothing", other]) is same


def test_t1_what_was_asked_before_the_line_wanted_silence_is_gone_after_a_day() -> None:
    """T1: months after STOP a dialogue that survived asks nothing, and has no way back."""
    asked = Dialogue(
        prompt=asking("b"), last=Given(assessment_id=FIRST, items=("a",), given_at=NOW)
    )
    silenced = NOW + timedelta(minutes=1)
    at_once, later = silenced + timedelta(minutes=1), NOW + timedelta(days=90)
    assert still_asked(asked, silenced, at_once) == asked
    assert still_asked(asked, silenced, later) == Dialogue()
    assert still_asked(asked, None, later) == asked
    assert still_asked(asked, NOW - timedelta(days=1), later) == asked


def test_what_nobody_was_sent_is_not_remembered_as_asked() -> None:
    before, after = Dialogue(prompt=asking("a")), Dialogue(prompt=asking("b"))
    assert carried(after, before, None).prompt is None
    assert carried(before, before, None) == before
    kept = carried(after, before, UUID(int=9)).prompt
    assert kept is not None
    assert kept.message_id == UUID(int=9)


def test_t11_back_stays_in_the_present_exchange() -> None:
    """T11: neither another visit's question nor one of weeks ago comes up again."""
    old = entry(item("a"), answered={"a": 3}).model_copy(update={"visit_id": UUID(int=4)})
    new = entry(item("b"), assessment_id=SECOND).model_copy(update={"visit_id": UUID(int=29)})
    last = Given(assessment_id=FIRST, items=("a",), given_at=NOW)
    open_now = Prompt(assessment_id=SECOND, items=("b",), asked_at=NOW)

    def reply(agenda: list[AgendaEntry], now: datetime, prompt: Prompt | None = None) -> str:
        return advance(Dialogue(prompt=prompt, last=last), agenda, "back", now).reply[0].key

    assert reply([new, old], NOW + timedelta(days=25), open_now) == "back.nothing"
    assert reply([new, old], NOW, open_now) == "back.nothing"
    assert reply([old], NOW + EXCHANGE_LASTS) == "back.again"
    assert reply([old], NOW + EXCHANGE_LASTS + timedelta(minutes=1)) == "back.nothing"
    same_visit = new.model_copy(update={"visit_id": UUID(int=4)})
    assert reply([same_visit, old], NOW, open_now) == "back.again"


def test_back_is_about_the_last_answer_and_needs_no_question_that_settled() -> None:
    agenda = [entry(item("a"), item("b"), answered={"a": 3})]
    dialogue = Dialogue(
        prompt=asking("b"), last=Given(assessment_id=FIRST, items=("a",), given_at=NOW)
    )
    step = advance(dialogue, agenda, "back", NOW, prompt_accepted=False)
    assert [part.key for part in step.reply] == ["back.again", "prompt.item"]


@dataclass
class Telephone:
    """A line as the service lives it: what was sent when, what stands answered, what is asked."""

    now: datetime = NOW
    answered: dict[str, Value | None] = field(default_factory=dict)
    dialogue: Dialogue = field(default_factory=Dialogue)
    silenced_at: datetime | None = None
    held: bool = False
    sent: dict[UUID, tuple[datetime, tuple[str, ...]]] = field(default_factory=dict)
    """When the provider took each text, and the items it asks."""

    @property
    def agenda(self) -> list[AgendaEntry]:
        return [entry(*(item(code) for code in CODES), answered=dict(self.answered))]

    def remind(self, taken: bool) -> None:
        if self.held:
            return
        dialogue, parts = begin(self.agenda, self.now)
        if parts:
            self.dialogue = carried(dialogue, Dialogue(), self._send(dialogue, taken))

    def _send(self, dialogue: Dialogue, taken: bool = True) -> UUID:
        message_id = UUID(int=len(self.sent) + 1)
        at = self.now if taken else datetime.max.replace(tzinfo=NOW.tzinfo)
        self.sent[message_id] = (at, dialogue.prompt.items if dialogue.prompt else ())
        return message_id

    def says(self, text: str) -> None:
        before = still_asked(self.dialogue, self.silenced_at, self.now)
        prompt = before.prompt
        carrier = None
        if prompt is not None and prompt.message_id is not None:
            taken_at = self.sent[prompt.message_id][0]
            carrier = Carrier(
                state=MessageState.sending if taken_at > self.now else MessageState.accepted,
                accepted_for=None if taken_at > self.now else self.now - taken_at,
            )
        accepted = is_asked(prompt, carrier, PACE)
        if prompt is None and (self.held or self.dialogue.prompt is not None):
            accepted = False
        if text == "START":
            before = before.model_copy(update={"prompt": None})
        step = advance(before, self.agenda, text, self.now, prompt_accepted=accepted)
        for one in step.answers:
            assert prompt is not None
            assert prompt.message_id is not None
            taken_at, items = self.sent[prompt.message_id]
            assert one.item in items, "it was asked in a text"
            assert self.now - taken_at >= timedelta(seconds=3), "which can have been read"
            if self.silenced_at is not None and taken_at <= self.silenced_at:
                assert self.now - taken_at <= EXCHANGE_LASTS, "not long before silence was wanted"
            self.answered[one.item] = one.value
        if accepted or step.command:
            assert step.disposition != "needs_reading" or not step.answers
        else:
            assert step.disposition == "needs_reading", "what is no answer is read by somebody"
        if text == "STOP":
            self.silenced_at, self.held = self.now, True
            return
        self.held = self.held and text != "START"
        carrier_id = None
        if asks(step.reply) and not self.held:
            carrier_id = self._send(step.dialogue)
        self.dialogue = carried(step.dialogue, before, carrier_id)


EVENTS = st.lists(
    st.one_of(
        st.sampled_from(["4", "6", "8", "7.5", "STOP", "START", "back", "skip", "help", "ouch"]),
        st.sampled_from([0.1, 2.9, 3.0, 60.0, 90_000.0, 7_776_000.0]),
        st.booleans(),
    ),
    max_size=25,
)


@given(EVENTS)
def test_t1_nothing_is_credited_to_a_question_that_was_not_asked(
    events: list[str | float | bool],
) -> None:
    """T1, over sequences of texts, waits (seconds) and reminders (taken by the provider or not)."""
    line = Telephone()
    for event in events:
        if isinstance(event, bool):
            line.remind(event)
        elif isinstance(event, float):
            line.now += timedelta(seconds=event)
        else:
            line.says(event)
