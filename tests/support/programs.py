"""A program with a key, and requests it makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import aiohttp

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.study.programs import Allowance, Entering, KeyWish, MadeKey, make_key
from pro_service.services.study.staff import make_staff
from tests.support.desk import PASSWORD
from tests.support.seed import ACTOR, SeededStudy

ANSWERS = "olga"
"""Who answers for the programs of these tests."""
ANY_DAY = 30
ALLOWED = Allowance("staff:ada", "the registry takes it every night")
"""What lets a program of these tests take exports."""


class Answer(NamedTuple):
    """What a request was answered."""

    status: int
    headers: Any
    json: Any
    body: bytes


async def seed_key(
    study: SeededStudy,
    login: str = "registry",
    *,
    role: Role = Role.coordinator,
    site: str | None = "S1",
    scopes: Iterable[Scope] = Scope,
    per_minute: int = 100_000,
    days: int = ANY_DAY,
) -> MadeKey:
    """A key of a new program, for which somebody of the same site answers."""
    known = await study.owner.fetchval(
        "SELECT count(*) FROM pro.staff WHERE study_id = $1 AND login = $2", study.id, ANSWERS
    )
    if not known:
        await make_staff(
            *(study.owner, study.id),
            login=ANSWERS,
            password=PASSWORD,
            site=site,
            role=Role.investigator,
            actor=ACTOR,
        )
    entering = Entering(ANSWERS, role, site)
    wish = KeyWish(login, frozenset(scopes), days, per_minute, entering, ALLOWED)
    return await make_key(study.owner, study.id, wish, actor=ACTOR)


def with_key(made: MadeKey) -> dict[str, str]:
    """The header by which a program comes in."""
    return {"Authorization": f"Bearer {made.key}"}


async def ask(
    browser: aiohttp.ClientSession,
    made: MadeKey | None,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    **sent: Any,
) -> Answer:
    """One request below /api/v1."""
    shown = {} if made is None else with_key(made)
    async with browser.request(
        method, f"/api/v1{path}", headers=shown | (headers or {}), **sent
    ) as response:
        body = await response.read()
        is_json = response.content_type in ("application/json", "application/problem+json")
        return Answer(
            response.status,
            response.headers.copy(),
            await response.json(content_type=None) if body and is_json else None,
            body,
        )


async def write(
    browser: aiohttp.ClientSession,
    made: MadeKey,
    path: str,
    body: Any,
    key: str,
    **headers: str,
) -> Answer:
    """One write below /api/v1, under a key."""
    sent = {"Idempotency-Key": key} | {one.replace("_", "-"): it for one, it in headers.items()}
    return await ask(browser, made, path, method="POST", headers=sent, json=body)
