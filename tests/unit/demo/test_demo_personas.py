"""The simulated participants: the same for the same seed, and never in the way of a nudge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.demo.habits import injection_at, sits_down_at
from pro_service.demo.personas import MOST_PARTICIPANTS, SENDERS, SPECIAL, Kind, cast
from pro_service.demo.stage import demo_sites
from pro_service.services.base.phones import country_of, parse_phone

NUDGED_AT = datetime(2026, 1, 9, 23, 30, tzinfo=UTC)
PAIN = load_instruments()["womac-nrs-3.1"].item("pain_1")


def test_the_same_seed_gives_the_same_cast() -> None:
    assert cast(3, 60) == cast(3, 60)
    assert cast(3, 60) != cast(4, 60)


def test_a_smaller_cast_is_the_beginning_of_a_larger_one() -> None:
    assert cast(1, 60)[:12] == cast(1, 12)


def test_twelve_participants_have_everything_a_demonstration_must_show() -> None:
    kinds = [one.kind for one in cast(1, 12)]
    assert kinds == list(SPECIAL[:12])
    assert {Kind.never, Kind.opts_out, Kind.dies, Kind.slips, Kind.swollen} <= set(kinds)
    assert kinds.count(Kind.spouse) == 2


def test_only_spouses_share_a_number_and_every_number_is_fictitious() -> None:
    people = cast(1, MOST_PARTICIPANTS)
    assert len({one.phone for one in people}) == len(people) - 1
    first, second = (one for one in people if one.kind is Kind.spouse)
    assert (first.phone, first.our_address, first.zone) == (
        second.phone,
        second.our_address,
        second.zone,
    )
    for one in people:
        assert one.phone[5:10] == "55501"
        assert parse_phone(one.phone) == one.phone
        assert country_of(one.phone) != "CN"


def test_both_languages_and_three_zones_take_part() -> None:
    people = cast(1, 40)
    assert {one.language for one in people} == {"en", "zh_CN"}
    assert len({one.zone for one in people}) == 3


@pytest.mark.parametrize("number", range(40))
def test_nobody_acts_within_three_minutes_of_a_nudge(number: int) -> None:
    one = cast(1, 40)[number]
    moments = [injection_at(one, one.planned_on)]
    moments += [at for at in [sits_down_at(one, NUDGED_AT)] if at]
    for at in moments:
        assert at.second == 0
        assert at.minute % 15 == 7


def test_one_who_never_answers_never_sits_down() -> None:
    one = next(one for one in cast(1, 12) if one.kind is Kind.never)
    assert sits_down_at(one, NUDGED_AT) is None


def test_pain_is_in_range_repeatable_and_less_after_the_injection() -> None:
    people = cast(1, 40)
    injected_on = date(2026, 1, 14)
    before = [one.value(PAIN, injected_on - timedelta(days=4), None, 1) for one in people]
    later = [one.value(PAIN, injected_on + timedelta(days=180), injected_on, 1) for one in people]
    assert all(0 <= value <= 10 for value in before + later)
    assert sum(later) < sum(before) * 0.9
    assert before == [one.value(PAIN, injected_on - timedelta(days=4), None, 1) for one in people]


def test_no_site_has_the_number_of_somebody_who_takes_part() -> None:
    taking_part = {one.phone for one in cast(1, MOST_PARTICIPANTS)}
    assert taking_part.isdisjoint(site.telephone for site in demo_sites())
    assert taking_part.isdisjoint(SENDERS.values())
