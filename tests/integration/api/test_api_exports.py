"""Exports by programs: asked for, watched and taken, by keys an administrator allowed it for."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import Any, Final

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.app import reading_everything
from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk import Exporting
from pro_service.services.exports.export import RESTRICTED_LEFT_OUT
from pro_service.services.rounds import export_round
from pro_service.services.study.programs import (
    Entering,
    ExportsNotAllowedError,
    KeyWish,
    make_key,
)
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from tests.support.programs import ANSWERS, ask, seed_key, write
from tests.support.seed import ACTOR, SeededParticipant

WANTED: Final = {"tables": ["visits", "events"], "formats": ["csv"]}


async def test_a_program_asks_watches_and_takes_its_file_once(
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    pools: Pools,
    context: ServiceContext,
    database_url: str,
) -> None:
    study = participant.study
    made = await seed_key(study, role=Role.data_manager)
    both = await asyncio.gather(
        *(write(browser, made, "/exports", WANTED, "night-one") for _ in "ab")
    )
    assert [one.status for one in both] == [201, 201], both
    assert both[0].body == both[1].body
    path = f"/exports/{both[0].json['id']}"
    waiting = await ask(browser, made, path)
    assert (waiting.json["state"], waiting.json["total"]) == ("waiting", None)
    assert (await ask(browser, made, f"{path}/file")).status == 404
    another = WANTED | {"tables": ["visits"]}
    reused = await write(browser, made, "/exports", another, "night-one")
    assert (reused.status, reused.json["type"]) == (422, "urn:pro-service:problem:form-reused")

    exporting = Exporting(lambda: reading_everything(database_url), pools.desk)
    assert await export_round(pools.worker, context, exporting) == 1
    done = (await ask(browser, made, path)).json
    assert (done["state"], done["done"], done["total"]) == ("made", 1, 1)
    taken = await ask(browser, made, f"{path}/file")
    assert (taken.status, taken.headers["Content-Type"]) == (200, "application/zip")
    assert len(taken.body) == done["file_bytes"]
    with zipfile.ZipFile(io.BytesIO(taken.body)) as packed:
        names = {entry.filename.rpartition("/")[2] for entry in packed.infolist()}
        assert {"visits.csv", "events.csv", "SHA256SUMS"} <= names
        (name,) = [one.filename for one in packed.infolist() if one.filename.endswith("visits.csv")]
        assert participant.code.encode() in packed.read(name)
    kept = await study.owner.fetch("SELECT what, tables, formats FROM pro.data_out ORDER BY id")
    words = (["events", "visits"], ["csv"])
    assert [tuple(each) for each in kept] == [("export", *words), ("export file", *words)]
    assert await study.owner.fetchval("SELECT DISTINCT actor FROM pro.data_out") == "staff:registry"
    # A head would be neither taken nor not: there is none.
    assert (await ask(browser, made, f"{path}/file", method="HEAD")).status == 405

    other = await seed_key(study, "other", role=Role.data_manager)
    for address in (path, f"{path}/file", "/exports/none"):
        assert (await ask(browser, other, address)).status == 404
    await study.owner.execute(
        "UPDATE pro.export_makings SET ended_at = ended_at - interval '25 hours'"
    )
    assert (await ask(browser, made, path)).json["state"] == "gone"
    assert (await ask(browser, made, f"{path}/file")).status == 404


async def restricted(participant: SeededParticipant, *, now: bool = True) -> None:
    """Restrict them, as the service does, or lift it."""
    await participant.study.owner.execute(
        "INSERT INTO pro.restrictions (study_id, id, participant_id, restricted, actor, reason)"
        " VALUES ($1, $2, $3, $4, $5, 'note:' || $2::uuid::text)",
        *(participant.study.id, new_id(), participant.id, now, ACTOR),
    )


async def test_of_the_restricted_nothing_goes_to_a_program(
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    pools: Pools,
    context: ServiceContext,
    database_url: str,
) -> None:
    made = await seed_key(participant.study, role=Role.data_manager)
    exporting = Exporting(lambda: reading_everything(database_url), pools.desk)

    async def path_of(key: str) -> str:
        asked = await write(browser, made, "/exports", WANTED | {"as_of": None}, key)
        assert await export_round(pools.worker, context, exporting) == 1
        return f"/exports/{asked.json['id']}/file"

    async def files(path: str) -> dict[str, str]:
        taken = await ask(browser, made, path)
        assert taken.status == 200, taken
        with zipfile.ZipFile(io.BytesIO(taken.body)) as packed:
            return {
                one.filename.rpartition("/")[2]: packed.read(one).decode()
                for one in packed.infolist()
            }

    before = await path_of("before-it")
    assert participant.code in (await files(before))["visits.csv"]
    await restricted(participant)
    late = await ask(browser, made, before)
    assert (late.status, "ask for it anew" in late.json["detail"]) == (403, True)
    found = await files(await path_of("after-it"))
    assert not [name for name, text in found.items() if participant.code in text]
    assert json.loads(found["about.json"])["restricted"] == RESTRICTED_LEFT_OUT
    kept = await participant.study.owner.fetchval(
        "SELECT narrowed_by FROM pro.data_out WHERE what = 'export' ORDER BY id DESC LIMIT 1"
    )
    assert "restricted=left_out" in kept
    await restricted(participant, now=False)
    assert participant.code in (await files(before))["visits.csv"]


async def test_what_may_not_leave_or_cannot_be_made_is_refused_with_its_place(
    participant: SeededParticipant, server: TestServer, browser: aiohttp.ClientSession
) -> None:
    made = await seed_key(participant.study, role=Role.data_manager)

    async def refused(body: dict[str, Any], key: str = "one-of-many") -> tuple[int, str]:
        answer = await write(browser, made, "/exports", WANTED | body, key)
        return answer.status, answer.json["errors"][0]["place"]

    assert await refused({"tables": ["secrets"]}) == (422, "body.tables.0")
    assert await refused({"tables": ["words"]}) == (422, "body.tables.0")
    assert await refused({"formats": []}) == (422, "body.formats")
    assert await refused({"formats": ["odm"]}) == (422, "body.formats")
    assert await refused({"as_of": "2031-01-01T00:00:00Z"}) == (422, "body.as_of")
    assert await refused({"cut": "none"}) == (422, "body.cut")
    assert await refused({"as_of": "2026-01-01T00:00:00Z", "cut": "x"}) == (422, "body")
    # The protocol lets free text leave by nobody, and measures by nobody who sees them not.
    assert await refused({"free_text": True}) == (403, "header.Authorization")
    monitor = await seed_key(participant.study, "monitor", role=Role.monitor)
    body = WANTED | {"tables": ["measures"]}
    assert (await write(browser, monitor, "/exports", body, "measures")).status == 403
    for number in range(3):
        asked = await write(browser, made, "/exports", WANTED, f"nightly-{number}")
        assert asked.status == 201
    assert await refused({}, "night-over") == (409, "body")
    # Whoever has no such role, or no such scope, asks for none.
    for login, role, scopes in (
        ("cora", Role.coordinator, frozenset(Scope)),
        ("rita", Role.data_manager, frozenset(Scope) - {Scope.export}),
    ):
        key = await seed_key(participant.study, login, role=role, scopes=scopes)
        assert (await write(browser, key, "/exports", WANTED, "not-this-one")).status == 403


async def test_no_key_takes_exports_that_nobody_allowed(
    participant: SeededParticipant, owner: asyncpg.Connection
) -> None:
    study = participant.study
    made = await seed_key(study, role=Role.data_manager)
    entering = Entering(ANSWERS, Role.data_manager, "S1")
    wish = KeyWish("other", frozenset({Scope.export}), 1, entering=entering)
    with pytest.raises(ExportsNotAllowedError):
        await make_key(study.owner, study.id, wish, actor=ACTOR)
    with pytest.raises(asyncpg.CheckViolationError, match="exports_are_allowed"):
        await owner.execute(
            "INSERT INTO pro.api_keys (study_id, id, staff_id, key_sha256, scopes, per_minute,"
            " expires_at, actor) SELECT study_id, gen_random_uuid(), staff_id, sha256('x'), scopes,"
            " 1, expires_at, actor FROM pro.api_keys WHERE id = $1",
            made.id,
        )
    kept = await owner.fetchrow(
        "SELECT allowed_by, reason FROM pro.api_keys WHERE id = $1", made.id
    )
    assert tuple(kept) == ("staff:ada", "the registry takes it every night")
