"""Nothing staff write about a participant stands in the clear, whichever form or command it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.cli.lazy import loaded
from pro_service.cli.main import app
from pro_service.domain.study.facts import Status
from pro_service.domain.study.times import local_day, zone
from pro_service.services.study.staff import make_staff
from pro_service.store.pools import connect
from pro_service.vault.vault import data_key_of
from pro_service.web.desk.routes import DOINGS
from tests.support.command import Commands
from tests.support.desk import PASSWORD, close_call, page, press, sign_in
from tests.support.record.worded import ABOUT_STAFF, ELSEWHERE, FILLED, SMALL_FORMS, WORDLESS
from tests.support.record.words import places_of, spoken
from tests.support.study import ACTOR, Trial, add_site, open_trial, row
from tests.support.web import browsing

CANARY: Final = "her sister Agathe is ill"
PAGE: Final = "/desk/participants/K-001"
SITE: Final = (
    *("site", "add", "BJ01", "--name", "One", "--zone", "Asia/Shanghai", "--country", "cn"),
    *("--telephone", "+12025550198", "--emergency-number", "120", "--sender", "+12025550199"),
)
SECOND_SITE: Final = (
    *("site", "add", "SH02", "--name", "Two", "--zone", "Asia/Shanghai", "--country", "cn"),
    *("--telephone", "+12025550197", "--emergency-number", "120"),
)
ABOUT_NOBODY: Final = frozenset(
    {
        ("allocation", "load"),
        ("api-key", "end"),
        ("api-key", "new"),
        ("cut", "make"),
        ("rescore",),
        ("history", "import"),
        ("measure", "import"),
        ("plan", "load"),
        ("protocol", "use"),
        ("reads", "lock"),
        ("webhook", "end"),
        ("reads", "unlock"),
        ("restore", "release"),
        ("sender", "correct"),
        ("sender", "move"),
        ("study", "close"),
        ("site", "correct"),
        ("staff", "end"),
        ("staff", "disable"),
        ("staff", "duty"),
        ("staff", "enable"),
        ("staff", "join"),
        ("staff", "reset"),
        ("staff", "second-factor", "reset"),
        ("staff", "take-back"),
    }
)
"""Commands whose reason is not about a participant: it stays readable."""
SECOND: Final = "the second version"
"""Stands for its hash."""
HOUR_AGO: Final = "an hour ago"
JUST_NOW: Final = "just now"
"""Stand for instants."""
COMMANDS: Final = (
    ("event", "add", "K-001", "injection", "--planned", "2030-03-01", "--yes"),
    ("event", "add", "K-001", "injection", "--at", HOUR_AGO, "--yes"),
    ("participant", "safety", "end", "K-001", "--investigator", "li"),
    ("visit", "add", "K-001", "--ask", "pain-nrs"),
    ("participant", "new-card", "K-001"),
    ("participant", "opt-out", "K-001"),
    ("participant", "opt-in", "K-001"),
    ("participant", "number", "K-001", "+12025550177"),
    ("participant", "confirm-number", "K-001"),
    (
        *("participant", "contact", "add", "K-001", "+12025550178", "--relation", "spouse"),
        *("--texts", "--agreed-on", "2026-01-06", "--participant-agreed-on", "2026-01-06"),
    ),
    ("participant", "contact", "agree", "K-001", "2"),
    ("participant", "consent", "give", "K-001", "cross_border", "--on", "2026-01-06"),
    ("participant", "consent", "withdraw", "K-001", "cross_border", "--on", "2026-01-06"),
    ("participant", "restrict", "K-001", "--by", "li"),
    ("participant", "site", "K-001", "SH02"),
    ("participant", "contact", "order", "K-001", "2", "1"),
    ("participant", "contact", "wrong", "K-001", "1"),
    ("participant", "contact", "end", "K-001", "2"),
    ("participant", "status", "K-001", "paused"),
    ("protocol", "move", SECOND, "--participant", "K-001"),
    ("data-query", "raise", "K-001", "--visit", "baseline", "--ask", "pain-nrs", "--question", "1"),
    ("data-query", "answer", "K-001", "1"),
    ("data-query", "close", "K-001", "1"),
    ("data-query", "reopen", "K-001", "1"),
    ("event", "add", "K-001", "death", "--at", JUST_NOW, "--yes"),
    ("event", "strike", "K-001"),
)


def commands_with_a_reason() -> set[tuple[str, ...]]:
    """Every command that takes --reason."""
    found: set[tuple[str, ...]] = set()

    def look(command: Any, path: tuple[str, ...]) -> None:
        for name, each in getattr(command, "commands", {}).items():
            look(each, (*path, name))
        if any("--reason" in each.opts for each in command.params):
            found.add(path)

    look(loaded(app), ())
    return found


def test_no_form_and_no_command_is_left_out() -> None:
    named = commands_with_a_reason()
    tried = {path for path in named for words in COMMANDS if words[: len(path)] == path}
    assert named == tried | ABOUT_NOBODY | ELSEWHERE
    assert {one.name for one in DOINGS} == FILLED | WORDLESS | SMALL_FORMS | ABOUT_STAFF


async def _add_investigator(database_url: str) -> None:
    """Somebody on whose word a safety follow-up may be ended."""
    operator = await connect(database_url, role="pro_operator", actor=ACTOR)
    try:
        study_id = await operator.fetchval("SELECT id FROM pro.studies")
        await make_staff(
            operator,
            study_id,
            login="li",
            password=PASSWORD,
            site="BJ01",
            role="investigator",
            actor=ACTOR,
        )
    finally:
        await operator.close()


async def test_what_commands_are_told_is_sealed(
    database_url: str, owner: asyncpg.Connection[asyncpg.Record], tmp_path: Path
) -> None:
    commands = Commands(database_url)
    cells = row("K-001", consent_on="2026-01-04", planned_injection_on="2030-01-12")
    file = tmp_path / "one.csv"
    file.write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n", encoding="utf-8")
    second = tmp_path / "second.toml"
    text = example_protocol_file().read_text(encoding="utf-8")
    second.write_text(text.replace('nudge_at = "18:30"', 'nudge_at = "19:00"'), encoding="utf-8")
    first: tuple[tuple[str, ...], ...] = (
        ("protocol", "load", str(example_protocol_file())),
        SITE,
        SECOND_SITE,
        ("enrol", "--csv", str(file)),
        ("protocol", "load", str(second)),
    )
    for words in first:
        done = await commands.call(*words)
        assert done.code == 0, done.err
    late = cells | {"code": "K-002", "phone": "+12025550179", "planned_injection_on": "2040-01-12"}
    await _add_investigator(database_url)
    file.write_text(",".join(late) + "\n" + ",".join(late.values()) + "\n", encoding="utf-8")
    done = await commands.call("enrol", "--csv", str(file), "--reason", f"so late: {CANARY}")
    assert done.code == 0, done.err
    assert await owner.fetchval("SELECT count(*) FROM pro.notes") == 1
    version = await owner.fetchval(
        "SELECT content_sha256 FROM pro.protocol_versions ORDER BY id DESC LIMIT 1"
    )
    hour_ago = await owner.fetchval("SELECT now() - interval '1 hour'")
    just_now = await owner.fetchval("SELECT now() - interval '1 minute'")
    stands_for = {
        SECOND: version,
        HOUR_AGO: hour_ago.isoformat(),
        JUST_NOW: just_now.isoformat(),
    }
    for number, words in enumerate(COMMANDS, start=1):
        given = (stands_for.get(word, word) for word in words)
        done = await commands.call(*given, "--reason", f"{number}: {CANARY}")
        assert done.code == 0, (words, done.err)
    assert await places_of(owner, [CANARY]) == {}
    assert await owner.fetchval("SELECT count(*) FROM pro.notes") == len(COMMANDS) + 1
    referred = await owner.fetchval(
        "SELECT count(DISTINCT pro.note_of(reason)) FROM pro.audit_entries"
    )
    assert referred == len(COMMANDS) + 1
    assert not any(CANARY in text for text in commands.written)


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """Two participants, something to do about one, a coordinator of the site and one of another."""
    async with open_trial(database_url) as running:
        await add_site(running.operator, running.study_id, "SH02")
        await running.enrol(row("K-001"), row("K-002"))
        await running.happened("K-001", statuses=[Status.active])
        for login, site, role in (
            ("anna", "BJ01", "coordinator"),
            ("anna", "BJ01", "investigator"),
            ("other", "SH02", "coordinator"),
        ):
            await make_staff(
                running.operator,
                running.study_id,
                login=login,
                password=PASSWORD,
                site=site,
                role=role,
                actor=ACTOR,
            )
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


async def something_to_do(trial: Trial) -> None:
    """An alert, a call and a text of unknown fate."""
    await trial.ask()
    for table, columns, values in (
        ("alerts", "rule, severity, raised_at", "'severe_pain', 'urgent', pro.now()"),
        ("call_tasks", "reason, created_at", "'no_answer', pro.now()"),
    ):
        await trial.owner_does(
            f"INSERT INTO pro.{table} (study_id, id, participant_id, {columns}, actor)"
            f" SELECT study_id, gen_random_uuid(), id, {values}, 'test'"
            " FROM pro.participants WHERE code = 'K-001'"
        )
    await trial.owner_does("UPDATE pro.messages SET state = 'unconfirmed', state_reason = NULL")


def address(html: str, pattern: str) -> str:
    """The address of a form on a page."""
    found = re.search(rf'action="({pattern})"', html)
    assert found is not None, pattern
    return found[1]


async def text_forms(trial: Trial) -> list[tuple[str, str, dict[str, str]]]:
    """A text to read for each form that takes words about one: its page, the form, what is said."""
    filled = (
        ("reply/preview", {"reply": "own", "words": f"11: {CANARY}"}),
        ("call", {"note": f"12: {CANARY}"}),
        ("alert", {"note": f"13: {CANARY}"}),
        ("nothing", {"reason": "other", "note": f"14: {CANARY}"}),
    )
    for number, _ in enumerate(filled):
        await trial.says("K-001", f"a word to you, number {number}")
    texts = await trial.fetch("SELECT id FROM inbounds ORDER BY id")
    return [
        (f"/desk/texts/{one}", f"/desk/texts/{one}/{form}", words)
        for (one,), (form, words) in zip(texts, filled, strict=True)
    ]


def called(html: str) -> str:
    """The call a page leads to."""
    found = re.search(r'href="/desk/calls/([0-9a-f-]{36})', html)
    assert found is not None
    return found[1]


async def test_what_is_written_at_the_desk_is_sealed_and_shown_to_who_may_see_it(
    trial: Trial, desk: aiohttp.ClientSession, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await something_to_do(trial)
    facts = await trial.facts("K-001")
    until = local_day(facts.now, zone(facts.zone)) + timedelta(days=14)
    forms: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("/desk", r"/desk/alerts/[^/]*/assessed", {"verdict": "no_ae", "told": f"8: {CANARY}"}),
        ("/desk", r"/desk/alerts/[^/]*/closed", {"action": f"1: {CANARY}"}),
        ("call", r"/desk/calls/[^/]*/close", {"outcome": "reached", "note": f"2: {CANARY}"}),
        ("/desk", r"/desk/messages/[^/]*/dealt", {"note": f"3: {CANARY}"}),
        (f"{PAGE}/card", f"{PAGE}/card", {"reason": f"4: {CANARY}"}),
        (PAGE, f"{PAGE}/pause/preview", {"until": until.isoformat(), "reason": f"5: {CANARY}"}),
        (PAGE, f"{PAGE}/resume/preview", {"reason": f"6: {CANARY}"}),
        (PAGE, f"{PAGE}/safety/end", {"reason": f"7: {CANARY}"}),
        *await text_forms(trial),
    )
    for path, pattern, filled in forms:
        _, html = await page(desk, PAGE if path == "call" else path)
        if path == "call":
            _, html = await page(desk, f"/desk/calls/{called(html)}")
        status, html = await press(desk, html, address(html, pattern), **filled)
        assert status == 200, pattern
        if pattern.endswith("/preview"):
            status, _ = await press(desk, html, pattern.removesuffix("/preview"))
            assert status == 200, pattern
    assert await places_of(owner, [CANARY]) == {}
    # A reply in own words is a text of ours, sealed as all of them are, and no note.
    assert await owner.fetchval("SELECT count(*) FROM pro.notes") == len(forms) - 1
    _, html = await page(desk, PAGE)
    for number in (1, 2, 3, 5, 6, 8, 11, 12, 13, 14):
        assert f"{number}: {CANARY}" in html, number
    reasons = await trial.fetch(
        "SELECT DISTINCT reason FROM audit_entries"
        " WHERE actor = 'staff:anna' AND table_name <> 'notes' AND reason IS NOT NULL"
    )
    # The rows' own words of the program stand beside: why to call, which reply it was.
    program = {"asked_by_text", "staff.own"}
    said = {
        await spoken(trial.operator, trial.context, reason)
        for (reason,) in reasons
        if reason not in program
    }
    noted = {f"{number}: {CANARY}" for number in (*range(1, 9), 12, 13, 14)}
    assert said == noted | {f"other: 14: {CANARY}"}
    assert program <= {reason for (reason,) in reasons}


async def test_another_site_and_another_role_read_no_note(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await something_to_do(trial)
    _, html = await page(desk)
    form = address(html, r"/desk/alerts/[^/]*/assessed")
    assert (await press(desk, html, form, verdict="no_ae", told=CANARY))[0] == 200
    async with browsing(trial.server) as browser:
        await sign_in(browser, "other")
        status, html = await page(browser, PAGE)
        assert (status, CANARY in html) == (404, False)
    settings = "SELECT set_config('pro.site_ids', $1, true)"
    sites = {one["code"]: str(one["id"]) for one in await trial.operator.fetch("TABLE pro.sites")}
    for code, seen in (("BJ01", 1), ("SH02", 0)):
        async with trial.pools.desk.acquire() as connection, connection.transaction():
            await connection.execute(settings, sites[code])
            assert await connection.fetchval("SELECT count(*) FROM pro.notes") == seen
    for pool in (trial.pools.worker, trial.pools.participant, trial.pools.provider):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.fetchval("SELECT count(*) FROM pro.notes")


async def test_where_the_key_is_gone_nothing_can_be_read_or_written(
    trial: Trial, desk: aiohttp.ClientSession, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await something_to_do(trial)
    _, html = await page(desk)
    form = address(html, r"/desk/alerts/[^/]*/assessed")
    await press(desk, html, form, verdict="no_ae", told=CANARY)
    _, html = await page(desk, PAGE)
    call = called(html)
    await trial.owner_does(
        "DELETE FROM pro.data_keys AS k USING pro.participants AS p"
        " WHERE p.id = k.participant_id AND p.code = 'K-001'"
    )
    for (key,) in await trial.fetch("SELECT words_key FROM notes"):
        trial.context.keys.vault.forget(data_key_of(key))
    _, html = await page(desk, PAGE)
    assert CANARY not in html
    assert "not to be read from here" in html
    status, html = await close_call(desk, UUID(call), "reached", CANARY)
    assert status == 409
    assert await owner.fetchval("SELECT count(*) FROM pro.notes") == 1
