"""Consent: versions in order, who signs anew by when; parts given and taken back apart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.delivery.consents import ConsentDayError
from pro_service.domain.delivery.contacts import ConsentFacts
from pro_service.domain.study.consenting.parts import (
    ConsentPart,
    ConsentRefusedError,
    agreed_to,
    with_part,
    with_version,
)
from pro_service.domain.study.consenting.versions import ConsentVersion, Owed, enough_at, owed_by
from pro_service.domain.study.facts import Status
from tests.unit.study.study_makers import LONG_AGO, participant, statuses

FIRST = date(2026, 1, 1)
LATER = date(2026, 6, 1)
VERSIONS = (
    ConsentVersion(id="1.0", valid_from=FIRST),
    ConsentVersion(
        id="2.0",
        valid_from=LATER,
        valid_from_at={"S2": LATER + timedelta(days=14)},
        signed_again_by="treated",
        within_days=28,
    ),
    ConsentVersion(id="2.1", valid_from=LATER + timedelta(days=60)),
)
SIGNED_ON = LONG_AGO.date()


def day(after: int) -> date:
    """So many days after version 2.0 came."""
    return LATER + timedelta(days=after)


@pytest.mark.parametrize(
    ("site", "signed", "today", "treated", "owed"),
    [
        ("S1", "1.0", day(-1), True, None),
        ("S1", "1.0", day(0), True, Owed("2.0", day(28))),
        ("S1", "1.0", day(0), False, None),
        ("S2", "1.0", day(13), True, None),
        ("S2", "1.0", day(14), True, Owed("2.0", day(42))),
        ("S1", "2.0", day(5), True, None),
        # The newest is signed, by the day of the one that asked for it.
        ("S1", "1.0", day(70), True, Owed("2.1", day(28))),
        ("S1", "2.0", day(70), True, None),
        # Signed before its day, it is no older for that.
        ("S1", "2.1", day(0), True, None),
        # A version the protocol does not name is older than all it does.
        ("S1", "draft", day(5), True, Owed("2.0", day(28))),
        ("S1", "1\u20110", day(5), True, Owed("2.0", day(28))),
    ],
)
def test_who_owes_which_version_and_by_when(
    site: str, signed: str, today: date, treated: bool, owed: Owed | None
) -> None:
    assert owed_by(VERSIONS, site, signed, today, treated=treated) == owed


@given(
    site=st.sampled_from(["S1", "S2"]),
    signed=st.sampled_from([*(one.id for one in VERSIONS), "another"]),
    after=st.integers(-40, 120),
    treated=st.booleans(),
)
def test_of_many_the_same_owe_as_one_by_one(
    site: str, signed: str, after: int, treated: bool
) -> None:
    enough = enough_at(VERSIONS, site, day(after), treated=treated)
    owes = enough is not None and signed not in enough
    assert (owed_by(VERSIONS, site, signed, day(after), treated=treated) is not None) == owes


@given(
    part=st.sampled_from(ConsentPart),
    messages=st.booleans(),
    cross_border=st.booleans(),
    caregiver=st.booleans(),
)
def test_a_part_is_given_and_taken_back_and_nothing_else_changes(
    part: ConsentPart, messages: bool, cross_border: bool, caregiver: bool
) -> None:
    before = ConsentFacts(
        version="1",
        signed_on=SIGNED_ON,
        messages=messages,
        cross_border=cross_border,
        caregiver=caregiver,
    )
    facts = participant(consent=before)
    given_now = agreed_to(before, part)
    after = with_part(facts, part, SIGNED_ON, given=not given_now)
    changed = {name for name, value in after if value != getattr(before, name)}
    assert changed == {part.value}
    again = with_part(facts.model_copy(update={"consent": after}), part, SIGNED_ON, given=given_now)
    assert again == before
    with pytest.raises(ConsentRefusedError) as refused:
        with_part(facts, part, SIGNED_ON, given=given_now)
    assert refused.value.word == ("given_before" if given_now else "not_given")


def test_whoever_withdrew_for_good_may_take_back_and_gives_nothing() -> None:
    facts = participant(statuses=statuses((Status.withdrew_data_use, LONG_AGO)))
    assert with_part(facts, ConsentPart.messages, SIGNED_ON, given=False).messages is False
    with pytest.raises(ConsentRefusedError) as refused:
        with_part(facts, ConsentPart.caregiver, SIGNED_ON, given=True)
    assert refused.value.word == "ended"


@pytest.mark.parametrize(
    ("version", "signed_on", "changes", "word"),
    [
        ("9", SIGNED_ON, {}, "unknown"),
        ("2.0", SIGNED_ON, {}, "unknown"),
        ("1", SIGNED_ON, {}, "signed_before"),
        ("1.0", SIGNED_ON - timedelta(days=1), {}, "order"),
        ("<b>", SIGNED_ON, {}, "version"),
        ("1.0", SIGNED_ON, {"statuses": statuses((Status.died, LONG_AGO))}, "ended"),
    ],
)
def test_a_version_that_cannot_have_been_signed_is_refused(
    version: str, signed_on: date, changes: dict[str, Any], word: str
) -> None:
    early = (VERSIONS[0].model_copy(update={"valid_from": date(2020, 1, 1)}), *VERSIONS[1:])
    with pytest.raises(ConsentRefusedError) as refused:
        with_version(participant(**changes), early, version, signed_on)
    assert refused.value.word == word


def test_a_version_signed_keeps_what_is_agreed_to_apart() -> None:
    facts = participant()
    after = with_version(facts, (), "2026-03 B", SIGNED_ON)
    assert (after.version, after.messages, after.cross_border) == ("2026-03 B", True, False)
    with pytest.raises(ConsentDayError):
        with_version(facts, (), "3", SIGNED_ON + timedelta(days=400))
    first = with_version(participant(consent=None), (), "1", SIGNED_ON)
    assert (first.messages, first.caregiver) == (False, False), "nothing was agreed to with it"
    with pytest.raises(ConsentRefusedError, match="no consent"):
        with_part(participant(consent=None), ConsentPart.messages, SIGNED_ON, given=True)
