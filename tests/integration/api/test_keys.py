"""Keys of programs: who comes in by them, for what, until when, how often."""

from __future__ import annotations

from typing import cast

import aiohttp
import pytest

from pro_service.domain.programs.scopes import Scope
from pro_service.services.desk.programs.allowing import allow_exports
from pro_service.services.desk.seat import NotAllowedError, Place, Seat
from pro_service.services.study import staff
from pro_service.services.study.passwords import Passwords
from pro_service.services.study.programs import (
    KeyWish,
    NobodyAnswersError,
    NoProgramError,
    end_key,
    list_keys,
    make_key,
)
from pro_service.store.desk.sessions import SessionRow
from pro_service.store.ids import new_id
from tests.support.desk import PASSWORD, seed_staff, sign_in
from tests.support.programs import ANSWERS, ask, seed_key
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy


async def test_a_key_opens_what_its_scopes_name_while_it_holds(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    study = participant.study
    made = await seed_key(study, scopes=[Scope.read_participants])
    good = await ask(browser, made, "/participants")
    assert (good.status, [one["code"] for one in good.json["items"]]) == (200, ["P-001"])
    assert "Set-Cookie" not in good.headers
    assert not [name for name in good.headers if name.startswith("Access-Control")]

    narrow = await ask(browser, made, "/participants/P-001/schedule")
    assert (narrow.status, narrow.json["type"]) == (403, "urn:pro-service:problem:scope-missing")
    assert "schedule:read" in narrow.json["mend"]

    kept = await study.owner.fetchval("SELECT to_jsonb(k)::text FROM pro.api_keys AS k")
    assert made.key not in kept
    (row,) = await list_keys(study.owner, study.id)
    assert (row.login, row.answers, row.last_used_at is not None) == ("registry", ANSWERS, True)

    await end_key(study.owner, study.id, str(made.id), reason="rotated", actor=ACTOR)
    for key in (made, None, made._replace(key="x"), made._replace(key="é" * 200)):
        refused = await ask(browser, key, "/participants")
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
        assert refused.headers["Content-Type"].startswith("application/problem+json")


async def test_a_key_ends_with_its_day_its_program_and_who_answers_for_it(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    study = participant.study
    over = await seed_key(study, "over", days=0)
    made = await seed_key(study)
    assert (await ask(browser, over, "/participants")).status == 401
    assert (await ask(browser, made, "/participants")).status == 200
    await staff.disable_person(study.owner, login="registry", reason="x", actor=ACTOR)
    assert (await ask(browser, made, "/participants")).status == 401
    await staff.enable_person(study.owner, login="registry", reason="x")
    assert (await ask(browser, made, "/participants")).status == 200
    await staff.end_membership(study.owner, study.id, login=ANSWERS, reason="left")
    assert (await ask(browser, made, "/participants")).status == 401


async def test_a_key_waits_once_its_minute_is_spent(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    made = await seed_key(participant.study, per_minute=2)
    # Three tries within two minutes: at least one minute sees two, at most one begins anew.
    found = [await ask(browser, made, "/participants") for _ in range(5)]
    spent = [one for one in found if one.status == 429]
    assert spent
    assert 1 <= int(spent[0].headers["Retry-After"]) <= 60
    assert spent[0].json["type"] == "urn:pro-service:problem:key-spent"


async def test_a_program_is_no_person_and_a_person_no_program(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    study = participant.study
    await seed_key(study)
    with pytest.raises(staff.ProgramSignsInError):
        await staff.set_password(
            study.owner, Passwords(), login="registry", password=PASSWORD, actor=ACTOR
        )
    status, _ = await sign_in(browser, "registry")
    assert status == 422
    await seed_staff(study, "anna")
    with pytest.raises(NoProgramError):
        await make_key(
            study.owner, study.id, KeyWish("anna", frozenset({Scope.read_alerts}), 1), actor=ACTOR
        )
    with pytest.raises(NoProgramError):
        await seed_key(study, "anna")
    assert await study.owner.fetchval("SELECT count(*) FROM pro.programs") == 1
    ended = "SELECT id FROM pro.people WHERE login = 'registry'"
    assert await study.owner.fetchval(f"SELECT count(*) FROM ({ended}) AS x") == 1
    await staff.end_membership(study.owner, study.id, login=ANSWERS, reason="left")
    with pytest.raises(NobodyAnswersError):
        await seed_key(study, "other")


async def test_of_a_study_without_a_site_nobody_allows_exports(study: SeededStudy) -> None:
    empty, nobody = new_id(), cast(SessionRow, None)
    seat = Seat(row=nobody, token="", staff=Place(empty, new_id(), "ada", ()))
    with pytest.raises(NotAllowedError):
        await allow_exports(study.owner, empty, seat, "every night")
