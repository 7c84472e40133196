"""Waves: how many of the due are taken at once, and of which address."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from pro_service.services.texting.due_list import AT_ONCE, WAVE, DueList, fits
from pro_service.store.texting import sending
from pro_service.store.texting.reminders import DueRow
from pro_service.store.texting.sending import SenderOf

STUDY, OTHER = UUID(int=1), UUID(int=2)
SITE = UUID(int=3)
SLOW, QUICK, UNPACED = UUID(int=11), UUID(int=12), UUID(int=13)
PACES = {SLOW: 0.5, QUICK: 4.0, UNPACED: None}


def rows(count: int, study: UUID = STUDY, first: int = 100) -> list[DueRow]:
    return [DueRow(study, UUID(int=first + n)) for n in range(count)]


async def listed(
    monkeypatch: pytest.MonkeyPatch,
    due: list[DueRow],
    senders: dict[UUID, UUID],
    provider: str = "simulator",
) -> DueList:
    """A list whose participants are spoken for by these of our addresses."""

    async def list_senders_of(
        _: object, study_id: UUID, people: list[UUID], names: list[str]
    ) -> list[SenderOf]:
        assert names == [provider]
        assert {row.participant_id for row in due if row.study_id == study_id} == {*people}
        return [
            SenderOf(one, senders[one], provider, PACES[senders[one]])
            for one in people
            if one in senders
        ]

    monkeypatch.setattr(sending, "list_senders_of", list_senders_of)
    found = DueList(due, [provider])
    nowhere: Any = None
    await found.find_senders(nowhere)
    return found


async def test_a_wave_is_of_one_study_and_no_longer_than_it_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due = await listed(monkeypatch, [*rows(WAVE + 20), *rows(5, OTHER, 900)], {})
    sizes = []
    while due:
        taken = due.take(Counter())
        assert len({row.study_id for row in taken.rows}) == 1
        sizes.append(len(taken.rows))
    assert sizes == [WAVE, 20, 5]


async def test_of_an_address_no_more_is_claimed_than_goes_in_ten_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = rows(90)
    senders = {row.participant_id: SLOW if n % 2 else QUICK for n, row in enumerate(people)}
    due = await listed(monkeypatch, people, senders)
    taken = due.take(Counter())
    assert Counter(senders[one.participant_id] for one in taken.rows) == {SLOW: 5, QUICK: 40}
    # Until half of them have gone nobody else is taken: waves would become as small as one.
    assert due.take(Counter({SLOW: 5, QUICK: 21})).rows == []
    later = due.take(Counter({SLOW: 2, QUICK: 21}))
    assert [senders[one.participant_id] for one in later.rows] == [SLOW] * 3


async def test_the_pace_of_the_provider_holds_where_an_address_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = rows(30)
    senders = dict.fromkeys((row.participant_id for row in people), UNPACED)
    due = await listed(monkeypatch, people, senders, "twilio")
    assert len(due.take(Counter()).rows) == 10
    assert len((await listed(monkeypatch, people, senders)).take(Counter()).rows) == 30


async def test_no_more_texts_are_under_way_than_the_gateways_make_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = rows(300)
    senders = dict.fromkeys((row.participant_id for row in people), UNPACED)
    due = await listed(monkeypatch, people, senders)
    assert len(due.take(Counter({UNPACED: AT_ONCE // 2})).rows) == WAVE
    assert due.take(Counter({UNPACED: AT_ONCE // 2 + 1})).rows == []
    # Reading is no claim: who is read ahead waits for nobody, and is asked about when claimed.
    ahead = due.take(Counter({UNPACED: AT_ONCE}), to_read=True)
    assert len(ahead.rows) == WAVE
    assert ahead.senders == {UNPACED: WAVE}
    assert fits(WAVE, AT_ONCE // 2)
    assert not fits(WAVE, AT_ONCE // 2 + 1)


async def test_who_is_put_back_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    people = rows(WAVE + 1)
    due = await listed(monkeypatch, people, {})
    due.put_back(due.take(Counter()).rows[3:5])
    assert due.take(Counter()).rows == [*people[3:5], people[-1]]
    assert not due
