"""Entry by staff: who may, what can have been told when, and to which sitting it belongs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.assessments import taken_over_by
from pro_service.domain.study.coming import Coming, Entry
from pro_service.domain.study.entering import (
    ApartWhat,
    Duty,
    EntryRefusal,
    EntryRefusedError,
    check_told,
    for_entry,
    kept_apart,
    may_enter,
    sent_when_told,
)
from pro_service.domain.study.facts import (
    AnswerFacts,
    AttemptFacts,
    ParticipantFacts,
    SittingHeld,
    Status,
    VisitFacts,
)
from pro_service.domain.study.protocol import InstrumentUse, Protocol
from pro_service.domain.study.respondents import SELF, Respondent
from pro_service.domain.study.sittings.open_questions import OpenKind, open_now, with_open_sittings
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    at,
    example,
    injection,
    participant,
    plan,
    statuses,
    submitted,
    uuid,
    visit,
)

INSTRUMENTS = load_instruments()
WOMAC = INSTRUMENTS["womac-nrs-3.1"]
ITEMS = [item.code for item in WOMAC.items]
PLANNED = plan([injection(occurred_at=at(INJECTION_ON, 10))])
WEEK_2 = visit(PLANNED["week_2"])
ASKED = WEEK_2.assessments[0]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPENS, CLOSES = WEEK_2.opens_at, WEEK_2.closes_at
assert CLOSES is not None
PROXY = Respondent(kind="proxy", relation="child")


def facts(now: datetime, *visits: VisitFacts, **changes: Any) -> ParticipantFacts:
    return participant(visits or (WEEK_2,), now=now, **changes)


def with_use(**use: Any) -> Protocol:
    """The example with other words on one instrument."""
    uses = example().instruments | {WOMAC.id: InstrumentUse(**use)}
    return example().model_copy(update={"instruments": uses})


def letting(*roles: str) -> Protocol:
    """The example, letting these roles enter."""
    entry = Entry.model_validate({"roles": roles}) if roles else None
    return example().model_copy(update={"coming": Coming(entry=entry)})


def sat(ordinal: int, started_at: datetime, items: int, mode: str = "web") -> SittingHeld:
    """A sitting with its first items answered."""
    return SittingHeld(
        attempt=AttemptFacts(
            id=uuid(500 + ordinal),
            ordinal=ordinal,
            mode=mode,
            started_at=started_at,
            last_answer_at=started_at,
            submitted_at=None,
        ),
        answers=tuple(
            AnswerFacts(
                item=item,
                value=4,
                gap=None,
                response_id=uuid(1000 * ordinal + place),
                received_at=started_at,
            )
            for place, item in enumerate(ITEMS[:items])
        ),
    )


def holding(now: datetime, *sittings: SittingHeld) -> ParticipantFacts:
    """Facts as they are read, with these sittings at WOMAC, the last begun last."""
    *others, last = sittings
    update = {"attempt": last.attempt, "answers": last.answers, "others": tuple(others)}
    asked = (ASKED.model_copy(update=update), *WEEK_2.assessments[1:])
    found = facts(now, WEEK_2.model_copy(update={"asked": asked}))
    return with_open_sittings(found, INSTRUMENTS)


@pytest.mark.parametrize(
    ("roles", "here", "anywhere", "duties", "may"),
    [
        (("coordinator",), {"coordinator"}, {"coordinator"}, set(), True),
        (("coordinator",), {"investigator"}, {"investigator"}, set(), False),
        ((), {"coordinator"}, {"coordinator"}, set(), False),
        (("coordinator",), set(), {"coordinator"}, set(), False),
        (("coordinator",), {"coordinator"}, {"coordinator"}, {Duty.injects}, False),
        (("coordinator",), {"coordinator"}, {"coordinator"}, {Duty.rates}, False),
        (("coordinator",), {"coordinator"}, {"coordinator", "allocation_holder"}, set(), False),
        (("coordinator",), {"coordinator"}, {"coordinator", "reader"}, set(), False),
    ],
)
def test_who_enters_is_the_protocol_s_and_never_who_injects_rates_or_knows(
    roles: tuple[str, ...], here: set[str], anywhere: set[str], duties: set[Duty], may: bool
) -> None:
    assert may_enter(letting(*roles), here, anywhere, duties) is may


@pytest.mark.parametrize(
    ("use", "mode", "who", "apart"),
    [
        ({}, "telephone", SELF, ApartWhat.mode),
        ({"modes": ("web", "telephone")}, "telephone", SELF, None),
        ({"modes": ("web", "telephone")}, "paper", SELF, ApartWhat.mode),
        ({"modes": ("paper",), "respondents": ("self",)}, "paper", PROXY, ApartWhat.respondent),
        ({"modes": ("web",), "respondents": ("self",)}, "paper", PROXY, ApartWhat.both),
        ({"modes": ("paper",)}, "paper", PROXY, None),
    ],
)
def test_an_entry_counts_only_where_the_instrument_names_its_mode(
    use: dict[str, Any], mode: str, who: Respondent, apart: ApartWhat | None
) -> None:
    assert kept_apart(with_use(**use), WOMAC.id, mode, who) is apart


def refusal(found: ParticipantFacts, at_: datetime) -> EntryRefusal | None:
    try:
        check_told(found, example(), found.visits[0].assessments[0].id, at_)
    except EntryRefusedError as error:
        return error.why
    return None


def test_it_was_told_between_opening_and_receipt() -> None:
    now = OPENS + 2 * DAY
    assert refusal(facts(now), OPENS - HOUR) is EntryRefusal.too_early
    assert refusal(facts(now), OPENS) is None
    assert refusal(facts(now), now) is None
    assert refusal(facts(now), now + HOUR) is EntryRefusal.to_come


def test_what_was_told_in_the_window_is_entered_after_it_and_what_was_told_later_is_late() -> None:
    assert CLOSES is not None
    month_1 = visit(PLANNED["month_1"], 2)
    now = month_1.opens_at + DAY
    assert refusal(facts(now, WEEK_2, month_1), CLOSES - HOUR) is None
    assert refusal(facts(now, WEEK_2, month_1), CLOSES + HOUR) is None
    late = month_1.opens_at
    assert refusal(facts(now, WEEK_2, month_1), late) is EntryRefusal.too_late


def test_nothing_is_entered_where_all_is_sent_or_declined_or_the_visit_has_no_date() -> None:
    now = OPENS + DAY
    done = submitted(WEEK_2, now)
    planned_only = WEEK_2.model_copy(update={"provisional": True})
    for one in (done, planned_only):
        assert refusal(facts(now, one), now) is EntryRefusal.settled


@pytest.mark.parametrize(
    ("status", "definition", "why"),
    [
        (Status.paused, "week_2", None),
        (Status.lost, "week_2", None),
        (Status.stopped_questionnaires, "week_2", EntryRefusal.stopped),
        (Status.stopped_questionnaires, "safety_3", None),
        (Status.withdrew_follow_up, "safety_3", EntryRefusal.stopped),
        (Status.died, "safety_3", EntryRefusal.stopped),
    ],
)
def test_a_safety_check_is_entered_whatever_has_stopped_questionnaires(
    status: Status, definition: str, why: EntryRefusal | None
) -> None:
    one = visit(PLANNED[definition])
    now = one.opens_at + HOUR
    words = statuses((Status.active, LONG_AGO), (status, one.opens_at))
    assert refusal(facts(now, one, statuses=words), now) is why


def test_a_page_never_goes_on_in_what_staff_type() -> None:
    now = OPENS + DAY
    found = holding(now, sat(1, now - HOUR, 24, "telephone"))
    asked = found.visits[0].assessments[0]
    assert asked.attempt is not None
    assert asked.attempt.taken_over
    assert not asked.is_unsent
    left = open_now(asked, WOMAC, now)
    assert (left.kind, left.answered, left.kept) == (OpenKind.questions, {}, 0)
    assert asked.last_ordinal == 1
    by_text = taken_over_by(found, SELF).visits[0].assessments[0]
    assert by_text.attempt == asked.attempt


def test_a_page_goes_on_with_its_own_sitting_while_an_entry_is_open() -> None:
    now = OPENS + DAY
    own, entry = sat(1, now - 2 * HOUR, 3), sat(2, now - HOUR, 24, "telephone")
    asked = holding(now, own, entry).visits[0].assessments[0]
    assert asked.attempt is not None
    assert (asked.attempt.id, asked.attempt.taken_over) == (own.attempt.id, False)
    assert len(open_now(asked, WOMAC, now).answered) == 3
    assert asked.last_ordinal == 2


def test_all_answered_on_a_page_is_still_to_be_sent_while_an_entry_is_open() -> None:
    now = OPENS + DAY
    own, entry = sat(1, now - 2 * HOUR, 24), sat(2, now - HOUR, 5, "paper")
    assert holding(now, own, entry).visits[0].assessments[0].is_unsent


def test_what_is_typed_goes_on_in_its_own_sitting_and_is_judged_by_when_it_was_told() -> None:
    now, told_at = OPENS + 5 * DAY, OPENS + DAY
    own, entry = sat(1, now - HOUR, 3), sat(2, told_at, 5, "paper")
    found = holding(now, own, entry)
    typed = for_entry(found, ASKED.id, entry.attempt.id, told_at)
    asked = typed.visits[0].assessments[0]
    assert asked.attempt is not None
    assert (asked.attempt.id, asked.attempt.taken_over) == (entry.attempt.id, False)
    assert (typed.now, len(asked.read_answers)) == (told_at, 5)
    # Five days later a page would have begun afresh; what was told then goes on.
    assert open_now(asked, WOMAC, typed.now).kind is OpenKind.questions


def test_another_entry_begins_beside_whatever_was_begun() -> None:
    now = OPENS + DAY
    found = holding(now, sat(1, now - HOUR, 3))
    asked = for_entry(found, ASKED.id, None, now).visits[0].assessments[0]
    assert asked.attempt is not None
    assert asked.attempt.taken_over
    assert asked.last_ordinal == 1


def test_nobody_goes_on_in_a_sitting_that_was_not_typed() -> None:
    now = OPENS + DAY
    found = holding(now, sat(1, now - HOUR, 3))
    with pytest.raises(EntryRefusedError):
        for_entry(found, ASKED.id, uuid(501), now)


@pytest.mark.parametrize(("beside", "when_told"), [(0, True), (2, False)])
def test_an_entry_typed_after_closing_is_sent_when_told_unless_another_was_the_record(
    beside: int, when_told: bool
) -> None:
    assert CLOSES is not None
    told_at = CLOSES - DAY
    own, entry = sat(1, CLOSES - 2 * DAY, beside), sat(2, told_at, 24, "paper")
    asked = holding(CLOSES + DAY, own, entry).visits[0].assessments[0]
    assert sent_when_told(WEEK_2, asked, entry.attempt.id, CLOSES + DAY) is when_told
    assert sent_when_told(WEEK_2, asked, entry.attempt.id, CLOSES - HOUR)


def test_days_of_the_example_are_as_these_tests_take_them() -> None:
    assert WEEK_2.target_on == date(2026, 3, 24)
