"""Who is texted of several contacts: the first in order who may be, and never one who may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.delivery.addresses import KINDS
from pro_service.domain.delivery.contacts import (
    RELATIONS,
    ConsentFacts,
    ContactFacts,
    WhyNot,
    reach,
    why_not,
)
from pro_service.domain.study.respondents import respondent_at
from tests.unit.study.study_makers import contact, participant

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def consent(*, messages: bool = True, caregiver: bool = True) -> ConsentFacts:
    return ConsentFacts(version="1", signed_on=NOW.date(), messages=messages, caregiver=caregiver)


def daughter(number: int = 2, **changes: object) -> ContactFacts:
    return contact(number, **({"relation": "child", "may_be_texted": True} | changes))


@st.composite
def _contacts(draw: st.DrawFn) -> ContactFacts:
    return contact(
        draw(st.integers(1, 9)),
        kind=draw(st.sampled_from(KINDS)),
        relation=draw(st.sampled_from(RELATIONS)),
        confirmed=draw(st.booleans()),
        may_be_texted=draw(st.booleans()),
        wrong=draw(st.booleans()),
        bad=draw(st.booleans()),
        opted_out_at=draw(st.none() | st.just(NOW)),
    )


CONSENTS = st.none() | st.builds(
    lambda messages, caregiver: consent(messages=messages, caregiver=caregiver),
    st.booleans(),
    st.booleans(),
)


def _may(one: ContactFacts, agreed: ConsentFacts | None) -> bool:
    """The rule said again, in one line a condition."""
    if one.kind != "phone" or one.wrong or one.bad or not one.confirmed or one.opted_out_at:
        return False
    if agreed is None:
        return False
    return agreed.messages if one.relation == "self" else agreed.caregiver and one.may_be_texted


@given(each=st.lists(_contacts(), max_size=5, unique_by=lambda one: one.ordinal), agreed=CONSENTS)
def test_always_the_first_that_may_and_never_one_that_may_not(
    each: list[ContactFacts], agreed: ConsentFacts | None
) -> None:
    found = reach(each, agreed)
    allowed = sorted((one for one in each if _may(one, agreed)), key=lambda one: one.ordinal)
    assert found.contact == (allowed[0] if allowed else None)
    assert (found.why_not is None) == bool(allowed)
    assert [one.ordinal for one, _ in found.each] == sorted(one.ordinal for one in each)
    for one, reason in found.each:
        assert (reason is None) == _may(one, agreed)
    if each and not allowed:
        assert found.why_not == found.each[0][1]


@given(each=st.lists(_contacts(), min_size=1, max_size=5, unique_by=lambda one: one.ordinal))
def test_what_silences_one_leaves_every_other_as_it_was(each: list[ContactFacts]) -> None:
    before = dict(zip(each, (why_not(one, consent()) for one in each), strict=True))
    silenced = [each[0].model_copy(update={"opted_out_at": NOW}), *each[1:]]
    after = dict(reach(silenced, consent()).each)
    assert all(after[one] == before[one] for one in each[1:])
    assert after[silenced[0]] is not None


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (contact(kind="wechat"), WhyNot.no_number),
        (daughter(may_be_texted=False), WhyNot.no_consent),
        (contact(wrong=True), WhyNot.wrong_number),
        (contact(confirmed=False), WhyNot.number_unconfirmed),
        (contact(opted_out_at=NOW), WhyNot.opted_out),
        (contact(bad=True), WhyNot.bad_number),
    ],
)
def test_nobody_reached_is_said_by_the_first_contacts_reason(
    one: ContactFacts, reason: WhyNot
) -> None:
    assert reach([one], consent()).why_not == reason
    silent = daughter(9, bad=True)
    assert reach([silent, one], consent()).why_not == reason
    assert reach([one, daughter(9)], consent()).contact == daughter(9)


def test_another_person_is_texted_only_where_both_agreed() -> None:
    assert reach([daughter()], consent()).contact is not None
    assert reach([daughter()], consent(caregiver=False)).why_not == WhyNot.no_consent
    assert reach([daughter()], consent(messages=False)).contact is not None
    assert reach([contact()], consent(messages=False)).why_not == WhyNot.no_consent


def test_without_contacts_the_reason_is_the_consent_and_then_the_number() -> None:
    assert reach([], None).why_not == WhyNot.no_consent
    assert reach([], consent()).why_not == WhyNot.no_number


def test_the_number_shown_is_the_one_texted_else_the_first_that_could_be() -> None:
    own, hers = contact(opted_out_at=NOW), daughter()
    both = participant(contacts=(hers, own), consent=consent())
    assert both.contact == hers
    assert both.opted_out_at is None
    alone = participant(contacts=(own, daughter(wrong=True)), consent=consent())
    assert alone.contact == own
    assert alone.opted_out_at == NOW
    assert participant(contacts=(contact(wrong=True),)).contact is None


def test_whoever_owns_the_telephone_answers_as_themselves() -> None:
    words = {relation: respondent_at(relation).word for relation in RELATIONS}
    assert words == {
        "self": "self",
        "spouse": "proxy.spouse",
        "child": "proxy.child",
        "caregiver": "proxy.carer",
        "other": "proxy.other",
    }
