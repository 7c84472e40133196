"""Exports at the desk: who may ask for what, how a file is made, who may have it (R6, R19)."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import asyncpg
import pytest

from pro_service.app import reading_everything
from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services import rounds
from pro_service.services.desk import Exporting
from pro_service.services.exports.choosing import FORMATS
from pro_service.services.exports.columns import TABLES
from pro_service.services.exports.export import Wanted, export
from pro_service.services.study.programs import Entering, KeyWish, make_key
from pro_service.services.study.staff import make_staff
from tests.integration.desk.correlating.conftest import value_of
from tests.integration.exports.opened import opened
from tests.support import programs as api
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.forms import form_to
from tests.support.programs import ALLOWED
from tests.support.study import ACTOR, Trial, add_site, row
from tests.support.web import browsing

ROOM: Final = "/desk/exports"
SCORE, VALUE, ARM = "61.7283945", "48.151623", "ARM-XYZZY"
"""Canaries: of a score of each participant, of a measure, and of who was given what."""
PLANTED: Final = (
    "ALTER TABLE pro.scores DISABLE TRIGGER USER;"
    f"UPDATE pro.scores SET raw = {SCORE}, normalised = {SCORE} WHERE scale = 'total';",
    "INSERT INTO pro.allocations (study_id, id, participant_id, arm_sealed, arm_key, held_by,"
    f" actor, reason) SELECT study_id, id, id, '{ARM}', 'A256GCM:k', '{ARM}', 'cli:test', 'list'"
    " FROM pro.participants",
    value_of("K-001", "2026-01-20", 48).replace("48", VALUE),
)
HIDE: Final = """
ALTER TABLE pro.protocol_versions DISABLE TRIGGER USER;
UPDATE pro.protocol_versions
SET document = jsonb_set(document::jsonb, '{study,scores_visible_to}', '["investigator"]')
"""
STATUS: Final = frozenset(TABLES) - {
    *("items", "scores", "endpoints", "corrections", "measures", "adpro")
}
STAFF: Final = {
    "dora": ("data_manager", "BJ01"),
    "mona": ("monitor", "BJ01"),
    "dave": ("data_manager", "SH01"),
    "matt": ("monitor", "SH01"),
    "ines": ("investigator", "BJ01"),
}
CODES: Final = {"BJ01": {"K-001", "K-002"}, "SH01": {"K-900"}}


class Desk(NamedTuple):
    """The trial with people who sign in, and what makes their files."""

    trial: Trial
    stack: AsyncExitStack

    async def enters(self, login: str) -> aiohttp.ClientSession:
        """A browser in which somebody is signed in."""
        browser = await self.stack.enter_async_context(browsing(self.trial.server))
        status, _ = await sign_in(browser, login)
        assert status == 200
        return browser

    async def by_program(self, role: str, site: str, tables: Collection[str]) -> bytes:
        """The same file as a program of this role at this site takes it over the API."""
        entering = Entering("ines", Role(role), site)
        wish = KeyWish(f"{role}-{site}".lower(), frozenset(Scope), 1, 999, entering, ALLOWED)
        made = await make_key(self.trial.operator, self.trial.study_id, wish, actor=ACTOR)
        browser = await self.stack.enter_async_context(browsing(self.trial.server))
        wanted = {"tables": sorted(tables), "formats": list(FORMATS)}
        asked = await api.write(browser, made, "/exports", wanted, "the-only-one")
        assert asked.status == 201, asked.body
        both = await api.write(
            browser,
            made,
            "/exports",
            {"tables": ["scores", "measures"], "formats": ["csv"]},
            "both-of-them",
        )
        assert both.status == (201 if role == "data_manager" else 403)
        assert await self.work() == (2 if role == "data_manager" else 1)
        taken = await api.ask(browser, made, f"/exports/{asked.json['id']}/file")
        assert taken.status == 200, taken.body
        return taken.body

    async def work(self, most: int = 9) -> int:
        """The worker's round, until nothing is left."""
        exporting = Exporting(lambda: reading_everything(self.trial.url), self.trial.pools.desk)
        made = 0
        while made < most and await rounds.export_round(
            self.trial.pools.worker, self.trial.context, exporting
        ):
            made += 1
        return made


@asynccontextmanager
async def desk_of(trial: Trial) -> AsyncIterator[Desk]:
    await add_site(trial.operator, trial.study_id, "SH01")
    await trial.enrol(row("K-900", site="SH01", planned_injection_on="2026-03-12"))
    for login, (role, site) in STAFF.items():
        await make_staff(
            *(trial.operator, trial.study_id),
            login=login,
            password=PASSWORD,
            site=site,
            role=role,
            actor=ACTOR,
        )
    for statement in PLANTED:
        await trial.owner_does(statement)
    async with AsyncExitStack() as stack:
        yield Desk(trial, stack)


async def ask(
    browser: aiohttp.ClientSession, tables: Collection[str], formats: Sequence[str], **also: str
) -> tuple[int, str]:
    """Send the form as a browser does that was shown it."""
    _, html = await page(browser, ROOM)
    secret = html.split('name="form" value="')[1].split('"')[0]
    fields = [("form", secret), *(("table", one) for one in tables)]
    fields += [*(("format", one) for one in formats), *also.items()]
    async with browser.post(ROOM, data=fields) as answer:
        return answer.status, await answer.text()


async def files_of(browser: aiohttp.ClientSession) -> list[str]:
    """The addresses of the files that can be had, the newest first."""
    _, html = await page(browser, ROOM)
    return [
        part.split('"')[0] for part in html.split('href="') if part.split('"')[0][-4:] == ".zip"
    ]


async def fetch(browser: aiohttp.ClientSession, address: str) -> bytes:
    async with browser.get(address) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "application/zip"
        return await answer.read()


def unpack(content: bytes, folder: Path) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o600}
        packed.extractall(folder)
    return opened(folder)


async def test_no_format_shows_a_role_at_its_sites_what_is_hidden(
    trial: Trial, tmp_path: Path
) -> None:
    """Every format at once, for each role at each site, of all that may be asked for there: at one
    site at the desk, at the other by programs over the API."""
    measured = frozenset({"measures", "adpro"})
    visible = {"data_manager": frozenset(TABLES) - {"measures"}, "monitor": frozenset(TABLES)}
    visible["monitor"] -= {"measures"}
    async with desk_of(trial) as desk:
        looked = 0
        for login, (role, site) in STAFF.items():
            if role not in visible:
                continue
            if site == "SH01":
                content = await desk.by_program(role, site, visible[role])
            else:
                browser = await desk.enters(login)
                assert (await ask(browser, visible[role], list(FORMATS)))[0] == 200
                assert await desk.work() == 1
                (address,) = await files_of(browser)
                content = await fetch(browser, address)
            found = await asyncio.to_thread(unpack, content, tmp_path / login)
            assert len(found) > len(FORMATS)
            elsewhere = set().union(*CODES.values()) - CODES[site]
            for name, text in found.items():
                for hidden in (VALUE, ARM, *elsewhere):
                    assert hidden not in text, (login, name, hidden)
                looked += 1
            everything = "\n".join(found.values())
            assert all(code in everything for code in CODES[site])
            assert (SCORE in everything) == (site == "BJ01")
        assert looked > 4 * len(FORMATS)
        # Measures go to who may see them alone, and beside no answer unless both may be there.
        data_manager, monitor = await desk.enters("dora"), await desk.enters("mona")
        status, html = await ask(monitor, measured, ["csv"])
        assert (status, "does not show these tables" in html) == (422, True)
        assert (await ask(data_manager, measured, ["csv"]))[0] == 200
        assert await desk.work() == 1
        found = await asyncio.to_thread(
            unpack, await fetch(data_manager, (await files_of(data_manager))[0]), tmp_path / "m"
        )
        assert VALUE in found["measures.csv"]
        assert not any(SCORE in text for text in found.values())


async def test_a_protocol_that_hides_answers_hides_them_from_every_file(
    trial: Trial, tmp_path: Path
) -> None:
    async with desk_of(trial) as desk:
        await hide_answers(trial)
        browser = await desk.enters("mona")
        _, html = await page(browser, ROOM)
        offered = {part.split('"')[0] for part in html.split('name="table" value="')[1:]}
        assert offered == STATUS
        for table in ("items", "scores", "endpoints", "corrections", "adpro"):
            status, _ = await ask(browser, [table, "visits"], ["csv"])
            assert status == 422, table
        kinds = [one for one in FORMATS if one not in ("odm", "fhir")]
        assert (await ask(browser, STATUS, kinds))[0] == 200
        assert await desk.work() == 1
        content = await fetch(browser, (await files_of(browser))[0])
        found = await asyncio.to_thread(unpack, content, tmp_path / "out")
        assert not any(SCORE in text for text in found.values())


async def test_a_file_is_asked_for_made_and_had_by_who_asked_alone(
    trial: Trial, tmp_path: Path
) -> None:
    async with desk_of(trial) as desk:
        dora, mona = await desk.enters("dora"), await desk.enters("mona")
        status, html = await ask(dora, ["scores", "visits"], ["csv", "xlsx"])
        assert (status, "being made" in html, "data-under-way" in html) == (200, True, True)
        assert await files_of(dora) == []
        assert await desk.work() == 1
        (address,) = await files_of(dora)
        content = await fetch(dora, address)
        # The same as the command's, byte by byte, of these sites.
        found = await asyncio.to_thread(unpack, content, tmp_path / "desk")
        assert {"scores.csv", "visits.csv", "export.xlsx", "SHA256SUMS"} <= found.keys()
        at = await trial.fetchval("SELECT as_of FROM data_out WHERE what = 'export'")
        study = await trial.context.reader.study(trial.operator, None)
        wanted = Wanted(tables=frozenset({"scores", "visits"}), sites=frozenset({"BJ01"}))
        await export(
            *(trial.operator, trial.context, study, tmp_path / "own"), as_of=at, wanted=wanted
        )
        (desk_csv,) = list((tmp_path / "desk").rglob("scores.csv"))
        assert desk_csv.read_bytes() == (tmp_path / "own" / "scores.csv").read_bytes()
        # Nobody else has it, sees it or is told of it.
        for other in (mona, await desk.enters("ines")):
            async with other.get(address) as answer:
                assert answer.status in (403, 404)
        assert await files_of(mona) == []
        kept = await trial.fetch(
            "SELECT what, actor, tables, formats, content_sha256 IS NOT NULL FROM data_out"
            " WHERE actor = 'staff:dora' ORDER BY id"
        )
        words = (["visits", "scores"], ["csv", "xlsx"], True)
        assert [each[:2] for each in kept] == [
            ("export", "staff:dora"),
            ("export file", "staff:dora"),
        ]
        assert [each[2:] for each in kept] == [words, words]
        # A role taken away takes the file along; so does a day.
        await trial.owner_does(
            "UPDATE pro.export_makings SET ended_at = ended_at - interval '25 hours'"
        )
        assert await desk.work() == 0
        assert await files_of(dora) == []
        async with dora.get(address) as answer:
            assert answer.status == 404
        assert await counted(trial, "export_parts") == 0


async def test_the_password_is_asked_for_anew_and_what_was_chosen_goes_on(trial: Trial) -> None:
    async with desk_of(trial) as desk:
        dora = await desk.enters("dora")
        await trial.owner_does(
            "UPDATE pro.staff_sessions SET proved_at = proved_at - interval '1 hour'"
        )
        status, html = await ask(dora, ["visits", "events"], ["csv"])
        assert (status, "proof_password" in html) == (200, True)
        fields = [*form_to(html, ROOM).fields, ("proof_password", PASSWORD)]
        async with dora.post(ROOM, data=[one for one in fields if one[1]]) as answer:
            assert answer.status == 200
        asked = await _owner(trial, "SELECT tables FROM pro.export_jobs")
        assert [list(each["tables"]) for each in asked] == [["events", "visits"]]


async def test_what_cannot_be_made_says_so_and_what_was_begun_is_tried_again(trial: Trial) -> None:
    async with desk_of(trial) as desk:
        dora = await desk.enters("dora")
        for tables, formats, also, said in (
            ([], ["csv"], {}, "at least one table"),
            (["visits"], [], {}, "at least one format"),
            (["visits"], ["odm"], {}, "made of the answers"),
            (["visits"], ["csv"], {"which": "at", "at": "2031-01-01T10:00"}, "still to come"),
            (["visits"], ["csv"], {"which": "at", "at": "noon"}, "Write day and time"),
            (["visits"], ["csv"], {"which": "at", "at": "0001-01-01T00:00"}, "Write day and time"),
            (["visits"], ["csv"], {"which": "cut", "cut": "none"}, "no such data cut"),
            (["scores", "measures"], ["csv"], {}, None),
        ):
            status, html = await ask(dora, tables, formats, **also)
            assert status == (200 if said is None else 422), html
            assert said is None or said in html
        # A process that went: its lease runs out, and another one makes it.
        await trial.owner_does(
            "UPDATE pro.export_makings SET tries = 1, lease_until = clock_timestamp()"
            " + interval '1 minute'"
        )
        assert await desk.work() == 0
        await trial.owner_does("UPDATE pro.export_makings SET lease_until = clock_timestamp()")
        assert await desk.work() == 1
        assert len(await files_of(dora)) == 1
        # One that ended three of them is left alone, and says so.
        assert (await ask(dora, ["visits"], ["csv"]))[0] == 200
        await trial.owner_does(
            "UPDATE pro.export_makings SET tries = 3, lease_until = clock_timestamp()"
            " WHERE ended_at IS NULL"
        )
        assert await desk.work() == 0
        _, html = await page(dora, ROOM)
        assert "could not be made" in html
        # What may not leave any more when it is made does not leave.
        assert (await ask(dora, ["scores"], ["csv"]))[0] == 200
        await hide_answers(trial)
        assert await desk.work() == 1
        assert await counted(trial, "export_parts") == 1
        kept = await trial.fetch("SELECT tables FROM data_out WHERE what = 'export'")
        assert kept == [(["scores", "measures"],)]


async def test_files_leave_the_server_nothing_and_the_reader_writes_nothing(trial: Trial) -> None:
    async with reading_everything(trial.url) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("UPDATE pro.sites SET name = 'x'")


async def hide_answers(trial: Trial) -> None:
    """Every version of the protocol shows answers to investigators alone from now on."""
    await trial.owner_does(HIDE)
    trial.context.reader._protocols.clear()


async def counted(trial: Trial, table: str) -> int:
    """Rows of a table as its owner sees them."""
    (found,) = await _owner(trial, f"SELECT count(*) AS many FROM pro.{table}")
    return int(found["many"])


async def _owner(trial: Trial, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(trial.url)
    try:
        await connection.execute("SET ROLE pro_owner")
        return list(await connection.fetch(sql))
    finally:
        await connection.close()
