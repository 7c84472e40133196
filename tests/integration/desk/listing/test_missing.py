"""Why answers are missing and what helped, as the page, its files and the log say it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Final

import aiohttp
import asyncpg
import pytest

from pro_service.services import rounds
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from tests.integration.sittings import Sitter
from tests.support.desk import page, seed_line, seed_site, seed_staff, sign_in
from tests.support.seed import (
    ACTOR,
    SeededParticipant,
    SeededStudy,
    seed_participant,
    seed_visit,
)

DAY: Final = timedelta(days=1)
COUNTED: Final = (
    "SELECT site_id, facts, visits FROM pro.closed_counts WHERE visits <> 0 ORDER BY facts::text"
)
DERIVED: Final = (
    "SELECT f.site_id, f.facts, count(*) AS visits"
    " FROM (SELECT study_id, array_agg(participant_id) AS who FROM pro.participant_outlooks"
    " GROUP BY study_id) AS s"
    " CROSS JOIN LATERAL pro.closed_facts_of(s.study_id, s.who, pro.now()) AS f"
    " WHERE f.settled GROUP BY f.site_id, f.facts ORDER BY f.facts::text"
)
WOMAC: Final = (("womac-nrs-3.1", "left_knee"),)


class Seeder:
    """Participants whose one visit closes tomorrow, and what was done for them."""

    def __init__(self, study: SeededStudy, pools: Pools) -> None:
        self.study = study
        self.pools = pools
        self.made = 0

    async def somebody(self) -> Sitter:
        """One more of them."""
        self.made += 1
        code = f"M-{self.made:03}"
        made = await seed_participant(self.study, code=code, personal_code=f"A2345{code[-2:]}C")
        await seed_visit(made, asks=WOMAC, opens=-10 * DAY, closes=DAY)
        return Sitter(made, self.pools)

    async def nudge(self, one: SeededParticipant, ordinal: int, said: str) -> None:
        """A reminder that went (`said` is the state of its text), or ended with that reason."""
        owner, message = self.study.owner, new_id()
        sent = said in ("delivered", "undelivered")
        if sent:
            line = await seed_line(one) if ordinal == 1 else await self._line(one)
            await owner.execute(
                "INSERT INTO pro.messages (study_id, id, participant_id, line_id, kind, template,"
                " language, body_sealed, body_key, encoding, segments, state, provider, claimed_at,"
                " actor) VALUES ($1, $2, $3, $4, 'reminder', 'reminder.link', 'en', '\\x00',"
                " 'A256GCM:none', 'GSM-7', 1, $5, 'simulator', pro.now(), $6)",
                *(self.study.id, message, one.id, line, said, ACTOR),
            )
        await owner.execute(
            "INSERT INTO pro.reminders (study_id, id, participant_id, visit_id, schedule_revision,"
            " ordinal, due_at, ended_at, end_reason, message_id, actor)"
            " VALUES ($1, $2, $3, $4, 1, $5, pro.now(), pro.now(), $6, $7, $8)",
            *(self.study.id, new_id(), one.id, one.visits["baseline"], ordinal),
            *("sent" if sent else said, message if sent else None, ACTOR),
        )

    async def call(self, one: SeededParticipant, outcome: str) -> None:
        """A call about the visit, and what came of it."""
        await self.study.owner.execute(
            "INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason,"
            " created_at, closed_at, closed_by, outcome, actor)"
            " VALUES ($1, $2, $3, $4, 'silent', pro.now(),"
            " pro.now(), 'staff:anna', $5, $6)",
            *(self.study.id, new_id(), one.id, one.visits["baseline"], outcome, ACTOR),
        )

    async def leap(self, days: float) -> None:
        """Study time goes on."""
        await self.study.owner.execute(
            "SELECT pro.move_clock(pro.now() + $1::interval)", days * DAY
        )

    async def _line(self, one: SeededParticipant) -> object:
        return await self.study.owner.fetchval(
            "SELECT line_id FROM pro.messages WHERE participant_id = $1 LIMIT 1", one.id
        )


@pytest.fixture
async def lived(study: SeededStudy, pools: Pools) -> Seeder:
    """One visit of each kind, all of them closed and counted."""
    seeder = Seeder(study, pools)
    whole = dict.fromkeys((await seeder.somebody()).items, 3)  # M-001: no text ever went.
    await seeder.nudge((await seeder.somebody()).participant, 1, "opted_out")
    await seeder.nudge((await seeder.somebody()).participant, 1, "undelivered")
    await seeder.nudge((await seeder.somebody()).participant, 1, "delivered")
    await seeder.call((await seeder.somebody()).participant, "wrong_number:said so")
    in_part, unsent = await seeder.somebody(), await seeder.somebody()
    await in_part.answer({in_part.items[0]: 4})
    await unsent.answer(whole)
    alone, by_text, by_call, late = [await seeder.somebody() for _ in range(4)]
    await alone.answer(whole, send=True)
    await seeder.nudge(by_text.participant, 1, "delivered")
    await seeder.nudge(by_call.participant, 1, "delivered")
    await seeder.leap(0.1)
    await seeder.nudge(by_text.participant, 2, "delivered")
    await seeder.call(by_call.participant, "reached")
    await seeder.leap(0.1)
    await by_text.answer(whole, send=True)
    await by_call.answer(whole, send=True)
    await seeder.leap(2)
    await late.answer(whole, send=True)
    await rounds.closing_round(pools.worker, study.context)
    return seeder


async def table(browser: aiohttp.ClientSession, name: str, asked: str = "") -> list[list[str]]:
    """A file of the page, without its head."""
    async with browser.get(f"/desk/missing/{name}.csv{asked}") as answer:
        assert answer.status == 200
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    return rows[1:]


REASONS: Final = [
    ["baseline", "late", "", "1"],
    ["baseline", "not_delivered", "", "1"],
    ["baseline", "not_sent", "", "1"],
    ["baseline", "not_sent", "opted_out", "1"],
    ["baseline", "partial", "", "1"],
    ["baseline", "silent", "", "1"],
    ["baseline", "told_staff", "wrong_number", "1"],
    ["baseline", "unsent", "", "1"],
]


async def test_each_visit_has_one_reason_and_what_lacks_is_what_completion_lacks(
    lived: Seeder, desk: aiohttp.ClientSession
) -> None:
    assert await table(desk, "reasons") == sorted(REASONS)
    ((_, expected, alone, helped, late, missing),) = await table(desk, "months")
    assert (expected, alone, helped, late, missing) == ("11", "3", "0", "1", "7")
    _, figures = await page(desk, "/desk/figures")
    assert ">3<" in figures
    assert ">11<" in figures
    _, html = await page(desk, "/desk/missing")
    for words in ("No text went: number wants no texts", "Asked, and nothing came", "Text 2"):
        assert words in html
    assert "1 came late and 7 (64 %) are missing" in html.replace("\u00a0", " ")
    # What is counted is what the record says, and is counted anew where somebody's facts change.
    owner = lived.study.owner
    assert await owner.fetch(COUNTED) == await owner.fetch(DERIVED)
    changed = "'called', 'x', 'month', '2020-01-01'"
    await owner.execute(
        f"UPDATE pro.closed_visits SET facts = facts || jsonb_build_object({changed});"
        "UPDATE pro.closed_counts SET visits = 0;"
        "INSERT INTO pro.closed_counts SELECT study_id, site_id, facts, count(*)"
        " FROM pro.closed_visits GROUP BY 1, 2, 3;"
        "SELECT pro.keep_closed(study_id, array_agg(participant_id)) FROM pro.participant_outlooks"
        " GROUP BY study_id"
    )
    assert await owner.fetch(COUNTED) == await owner.fetch(DERIVED)


async def test_it_is_said_what_brought_each_answer(
    lived: Seeder, desk: aiohttp.ClientSession
) -> None:
    assert await table(desk, "brought") == [
        ["alone", "", "web", "2"],
        ["call", "", "web", "1"],
        ["text", "2", "web", "1"],
    ]


async def test_sites_and_visits_narrow_what_is_counted_and_each_file_is_recorded(
    lived: Seeder,
    study: SeededStudy,
    owner: asyncpg.Connection,
    desk: aiohttp.ClientSession,
    browser: aiohttp.ClientSession,
) -> None:
    assert await table(desk, "reasons", "?visit=month_3") == []
    assert await table(desk, "months", "?site=S1&visit=baseline") != []
    taken = await owner.fetch("SELECT what, narrowed_by, row_count FROM pro.data_out ORDER BY id")
    assert [tuple(one) for one in taken] == [
        ("missing_reasons", "visit=month_3", 0),
        ("missing_months", "site=S1&visit=baseline", 1),
    ]
    await seed_site(study)
    await seed_staff(study, "berta", site="S2")
    async with browser.post("/desk/language", data={"language": "zh_CN", "back": "/desk"}):
        pass
    await sign_in(browser, "berta")
    assert await table(browser, "months") == []
    _, html = await page(browser, "/desk/missing")
    assert "目前还没有应完成的访视关闭" in html
    assert "M-0" not in (await page(browser, "/desk/missing/deviations"))[1]


async def test_the_log_names_what_went_otherwise_and_goes_on_where_a_page_ended(
    monkeypatch: pytest.MonkeyPatch,
    lived: Seeder,
    owner: asyncpg.Connection,
    pools: Pools,
    desk: aiohttp.ClientSession,
) -> None:
    await owner.execute("SELECT set_config('pro.reason', 'seen at the clinic', false)")
    theirs = "participant_id = (SELECT id FROM pro.participants WHERE code = 'M-004')"
    await owner.execute(
        f"UPDATE pro.visits SET attended_on = (closes_at + interval '3 days')::date WHERE {theirs};"
        f"UPDATE pro.participant_revisions SET revision = revision + 1 WHERE {theirs}"
    )
    rows = await table(desk, "deviations")
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("M-004", "attended", "baseline"),
        ("M-011", "late", "baseline"),
    ]
    # Kept or asked of the record, it is the same.
    kept = "SELECT kind, definition, at, said FROM pro.deviations ORDER BY at"
    assert [row["kind"] for row in await owner.fetch(kept)] == ["late"]
    await rounds.closing_round(pools.worker, lived.study.context)
    assert [row["kind"] for row in await owner.fetch(kept)] == ["late", "attended"]
    assert await table(desk, "deviations") == rows
    await owner.execute("DELETE FROM pro.participant_outlooks; DELETE FROM pro.deviations")
    assert await table(desk, "deviations") == rows
    monkeypatch.setattr("pro_service.web.desk.missing.page.MOST_OF_A_PAGE", 1)
    _, first = await page(desk, "/desk/missing/deviations")
    assert "M-004" in first
    assert "M-011" not in first
    further = first.partition('href="/desk/missing/deviations?after=')[2].partition('"')[0]
    _, second = await page(desk, f"/desk/missing/deviations?after={further}".replace("&amp;", "&"))
    assert "M-011" in second
    assert "M-004" not in second
    assert '<a href="/desk/missing/deviations?after=' not in second
    # An address that was touched names the first page.
    assert "M-004" in (await page(desk, "/desk/missing/deviations?after=x+y+z"))[1]
