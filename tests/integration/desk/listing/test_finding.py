"""Somebody is found by code, by telephone number or by its last digits, and the list goes out."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import aiohttp
import asyncpg
import pytest

from pro_service.domain.delivery.addresses import Address, phone
from pro_service.services import rounds
from pro_service.store.pools import Pools
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from pro_service.web.desk.routes import FIND
from tests.integration.desk.test_desk_pages import BEGAN, ENDED, PAIN, listed
from tests.support.desk import leave_for_site, page, press, seed_line, seed_site
from tests.support.seed import SeededParticipant, SeededStudy, seed_participant, seed_visit

NUMBER = "+442079460958"


async def found(desk: aiohttp.ClientSession, typed: str) -> tuple[str, str]:
    """Type this and press Find: the address it leads to, and its page."""
    _, text = await page(desk, "/desk/participants")
    status, text = await press(desk, text, FIND.path, typed=typed)
    assert status == 200
    return text.partition('name="back" value="')[2].partition('"')[0], text


@pytest.fixture
async def reached(participant: SeededParticipant, pools: Pools) -> SeededParticipant:
    """Somebody with a number, of before endings were found by an index; the worker came by."""
    await seed_line(participant, NUMBER)
    assert await rounds.tail_round(pools.worker, participant.study.context) == 1
    assert await rounds.tail_round(pools.worker, participant.study.context) == 0
    return participant


@pytest.mark.parametrize(
    "typed",
    [
        *("P-001", "p-001 ", "001", "p1", "P 1", "Ｐ－００１", "p\u2011001", "P.0001"),
        *(NUMBER, "0044 20 7946 0958", "020 7946 0958", "0958", "０９５８"),
    ],
)
async def test_whoever_is_found_alone_is_shown_and_what_was_typed_is_nowhere(
    reached: SeededParticipant, desk: aiohttp.ClientSession, typed: str
) -> None:
    await seed_participant(reached.study, code="X-2", personal_code="B234567")
    back, text = await found(desk, typed)
    assert "/desk/participants/P-001" in text
    assert "<h1>" in text
    assert "0958" not in back


@pytest.mark.parametrize(
    "typed",
    ["4477", "+44 20 7946 0959", "07946 0958", "nobody", "%", " ", "\u200b", "P-02", "p10"],
)
async def test_nobody_is_found_by_anything_else(
    reached: SeededParticipant, desk: aiohttp.ClientSession, typed: str
) -> None:
    _, text = await found(desk, typed)
    assert "Nobody at your sites has this code or number." in text


async def test_several_with_one_ending_are_listed_by_their_codes_alone(
    reached: SeededParticipant, desk: aiohttp.ClientSession, pools: Pools
) -> None:
    spouse = await seed_participant(reached.study, code="P-002", personal_code="B234567")
    await seed_line(spouse, "+442079990958")
    await seed_participant(reached.study, code="P-003", personal_code="C234567")
    await rounds.tail_round(pools.worker, reached.study.context)
    _, text = await found(desk, "0958")
    assert listed(text) == ["P-001", "P-002"]
    assert "the participants found by what you typed" in text
    assert "0958" not in text
    _, text = await found(desk, "P-0")
    assert listed(text) == ["P-001", "P-002", "P-003"]


async def test_a_former_site_does_not_find_by_a_number_given_since(
    participant: SeededParticipant, desk: aiohttp.ClientSession, pools: Pools
) -> None:
    await leave_for_site(participant, await seed_site(participant.study))
    await seed_line(participant, NUMBER)
    await rounds.tail_round(pools.worker, participant.study.context)
    for typed in (NUMBER, "0958"):
        _, text = await found(desk, typed)
        assert "Nobody at your sites" in text


def test_an_ending_is_found_after_the_index_key_was_changed() -> None:
    master, old, link = (KeyRing.generate(name) for name in ("m1", "i1", "l1"))
    before = Vault(master, old, link)
    after = Vault(master, KeyRing({**KeyRing.generate("i2").keys, **old.keys}), link)
    number = phone(NUMBER)
    stored = before.tail_index(number)
    assert stored in after.tail_indexes("0958")
    # What is filled in afterwards for a row of before stands under the key the row names.
    assert after.tail_index(number, key_id="i1") == stored != after.tail_index(number)
    assert stored not in (before.blind_index(number), before.tail_index(phone("+442079460959")))
    assert before.tail_index(Address(kind="email", value="a@example.org")) is None


async def test_filters_by_status_and_language_and_the_order(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    paused = await seed_participant(
        study, code="P-002", personal_code="B234567", status="paused", language="zh_CN"
    )
    for definition in ("week_2", "month_1"):
        await seed_visit(paused, definition, asks=PAIN, opens=BEGAN, closes=ENDED)
    expected = {
        "?status=paused": ["P-002"],
        "?status=active": ["P-001"],
        "?language=zh_CN": ["P-002"],
        "?sort=behind": ["P-002", "P-001"],
        "?sort=status": ["P-001", "P-002"],
        "?sort=site&is=P-001&is=NOBODY": ["P-001"],
        "?status=nonsense&language=xx&sort=1": ["P-001", "P-002"],
    }
    for query, codes in expected.items():
        status, text = await page(desk, f"/desk/participants{query}")
        assert (status, listed(text)) == (200, codes), query
    _, text = await page(desk, "/desk/participants?is=P-002")
    assert '<td class="behind">2</td>' in text


async def test_the_list_goes_out_as_one_table_of_what_is_shown(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    other = await seed_participant(study, code="P-002", personal_code="B234567")
    await seed_visit(other, "week_2", asks=PAIN, opens=BEGAN, closes=ENDED)
    _, text = await page(desk, "/desk/participants?state=missed")
    link = text.partition('class="table" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link == "/desk/participants.csv?state=missed"
    async with desk.get(link) as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        body = await answer.read()
    rows = list(csv.reader(io.StringIO(body.decode("ascii"))))
    assert rows[0][:4] == ["Participant", "Site", "Status", "Incomplete"]
    assert [row[:4] for row in rows[1:]] == [["P-002", "S1", "active", "1"]]
    assert rows[1][4:] == ["missed"]
    kept = await study.owner.fetch(
        "SELECT d.what, d.narrowed_by, d.row_count, d.actor, a.table_name FROM pro.data_out AS d"
        " JOIN pro.audit_entries AS a ON a.table_name = 'data_out' AND a.actor = d.actor"
    )
    assert [tuple(one) for one in kept] == [
        ("participants", "state=missed", 1, "staff:anna", "data_out")
    ]
    async with desk.get("/desk/participants.csv", cookies={"desk_language": "zh_CN"}) as answer:
        body = await answer.read()
    assert body.startswith(b"\xef\xbb\xbf")
    assert len(body.decode("utf-8-sig").splitlines()) == 3


async def test_the_worker_keeps_what_the_list_needs_and_lets_go_of_nothing_else(
    participant: SeededParticipant,
    owner: asyncpg.Connection,
    pools: Pools,
    desk: aiohttp.ClientSession,
) -> None:
    context = participant.study.context
    await rounds.closing_round(pools.worker, context)
    kept = "SELECT count(*) FROM pro.visit_outlooks WHERE NOT settled"
    assert await owner.fetchval(kept) == 1
    _, text = await page(desk, "/desk/participants?state=due")
    assert listed(text) == ["P-001"]
    ahead = "UPDATE pro.study_clock SET ahead = ahead + $1"
    await owner.execute(ahead, timedelta(days=9))
    # Nobody came by: time alone picks what the visit is after its window.
    assert await owner.fetchval(kept) == 1
    _, text = await page(desk, "/desk/participants?state=missed")
    assert listed(text) == ["P-001"]
    await rounds.closing_round(pools.worker, context)
    await owner.execute("UPDATE pro.participant_revisions SET closings_at = '-infinity'")
    await rounds.closing_round(pools.worker, context)
    assert await owner.fetchval(kept) == 0
