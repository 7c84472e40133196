"""Who cannot be reached, why and since when (N1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pro_service.domain.delivery.contacts import ConsentFacts
from pro_service.domain.study.facts import EventFacts, EventKind, Status, StatusFacts
from pro_service.domain.study.reaching.reachability import (
    ContactSeen,
    OutOfReach,
    ReachFacts,
    Unreached,
    out_of_reach,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=200)
SINCE = NOW - timedelta(days=20)
AGREED = ConsentFacts(version="1", signed_on=date(2026, 1, 1), messages=True, caregiver=True)


def contact(number: int = 1, **changes: Any) -> ContactSeen:
    given = {"id": UUID(int=number), "ordinal": number, "valid_from": LONG_AGO}
    return ContactSeen.model_validate(given | changes)


def facts(*contacts: ContactSeen, status: Status = Status.active, **changes: Any) -> ReachFacts:
    given = {
        "contacts": contacts,
        "consent": AGREED,
        "statuses": (StatusFacts(status=status, effective_at=LONG_AGO),),
        "alone_since": SINCE,
        "now": NOW,
    }
    return ReachFacts.model_validate(given | changes)


def why(of: ReachFacts, silent_after: int = 2) -> Unreached | None:
    found = out_of_reach(of, silent_after)
    return None if found is None else found.why


@pytest.mark.parametrize(
    ("silenced", "reason"),
    [
        ({"wrong": True, "wrong_at": SINCE}, Unreached.wrong_number),
        ({"confirmed": False, "valid_from": SINCE}, Unreached.number_unconfirmed),
        ({"opted_out_at": SINCE}, Unreached.opted_out),
        ({"bad": True, "bad_at": SINCE}, Unreached.bad_number),
        ({"kind": "email", "valid_from": SINCE}, Unreached.no_number),
    ],
)
def test_a_number_that_rests_is_why_and_since_when(
    silenced: dict[str, Any], reason: Unreached
) -> None:
    assert out_of_reach(facts(contact(**silenced)), 2) == OutOfReach(reason, SINCE)
    spouse = contact(2, relation="spouse", may_be_texted=True)
    assert why(facts(contact(**silenced), spouse)) is None
    assert why(facts(contact(**silenced), contact(2, relation="spouse"))) is reason


def test_who_reads_e_mail_can_be_reached_where_the_protocol_writes_letters() -> None:
    bad, email = contact(bad=True, bad_at=SINCE), contact(2, kind="email")

    def found(*contacts: ContactSeen) -> OutOfReach | None:
        return out_of_reach(facts(*contacts), 2, ("phone", "email"))

    assert found(bad, email) is None
    assert why(facts(bad, email)) is Unreached.bad_number
    for silenced in ({"bad": True}, {"opted_out_at": SINCE}, {"confirmed": False}):
        unread = contact(2, kind="email", **silenced)
        assert found(bad, unread) == OutOfReach(Unreached.bad_number, SINCE)
    # A STOP by text is meant for the same person's letters, too.
    stopped = contact(opted_out_at=SINCE)
    assert found(stopped, email) == OutOfReach(Unreached.opted_out, SINCE)
    theirs = contact(2, kind="email", relation="child", may_be_texted=True)
    assert found(stopped, theirs) is None


def test_nobody_is_out_of_reach_who_works_or_never_agreed_to_texts() -> None:
    assert why(facts(contact())) is None
    no_texts = AGREED.model_copy(update={"messages": False})
    assert why(facts(contact(), consent=no_texts)) is None
    assert why(facts(consent=no_texts)) is None
    assert why(facts(consent=None)) is None
    assert out_of_reach(facts(), 2) == OutOfReach(Unreached.no_number, SINCE)


def test_the_second_text_in_a_row_that_did_not_arrive_is_why() -> None:
    assert why(facts(contact(), failed_texts=1, failed_since=SINCE)) is None
    assert why(facts(contact(), failed_texts=2, failed_since=SINCE)) is Unreached.not_delivered
    assert why(facts(contact(), failed_texts=22, failed_since=SINCE)) is Unreached.not_delivered


def test_silence_is_as_many_visits_as_the_protocol_says() -> None:
    silent = facts(contact(), silent_visits=2, silent_since=SINCE)
    assert why(silent) is Unreached.silent
    assert why(silent, 3) is None
    paused = facts(contact(), status=Status.paused, silent_visits=5, silent_since=SINCE)
    assert why(paused) is None


@pytest.mark.parametrize(
    "reason",
    [
        {"contacts": (contact(opted_out_at=SINCE),)},
        {"failed_texts": 3, "failed_since": SINCE},
        {"silent_visits": 4, "silent_since": SINCE},
    ],
)
def test_an_answer_that_came_since_ends_it_and_one_before_does_not(reason: dict[str, Any]) -> None:
    assert why(facts(contact()).model_copy(update=reason)) is not None
    before, after = SINCE - timedelta(seconds=1), SINCE + timedelta(seconds=1)
    one = facts(contact()).model_copy(update=reason | {"last_answer_at": before})
    assert why(one) is not None
    assert why(one.model_copy(update={"last_answer_at": after})) is None


@pytest.mark.parametrize("status", list(Status))
def test_only_who_still_takes_part_can_be_out_of_reach(status: Status) -> None:
    taking_part = status in (
        *(Status.screened, Status.active, Status.paused, Status.stopped_treatment),
    )
    wrong = facts(contact(wrong=True, wrong_at=SINCE), status=status)
    assert (why(wrong) is not None) is taking_part
    died = EventFacts(id=UUID(int=9), kind=EventKind.death, occurred_at=SINCE)
    assert why(wrong.model_copy(update={"events": (died,)})) is None


def test_the_reason_to_mend_first_is_told() -> None:
    everything = facts(
        contact(wrong=True, wrong_at=SINCE),
        failed_texts=4,
        failed_since=LONG_AGO,
        silent_visits=3,
        silent_since=LONG_AGO,
    )
    assert why(everything) is Unreached.wrong_number
