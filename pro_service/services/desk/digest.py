"""The digest of each working morning (R10): what waits at a site, in numbers alone.

The numbers are Today's own (`count_to_do`), counted as the desk sees them from that site. Whoever
is told of urgent matters at the site, and can be, gets one; nothing in it is about anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import time
from typing import Final

import asyncpg

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.permissions import Role
from pro_service.messaging.gateway import GatewayError
from pro_service.messaging.staff_mail import StaffLetter
from pro_service.services.base.actors import WORKER
from pro_service.services.base.calendars import working_days
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.telling import DESK, MAY_BE_TOLD, Telling
from pro_service.services.desk.today import (
    ALL_JUDGED,
    count_to_do,
    list_to_do,
    read_protocols,
)
from pro_service.services.study import SiteRota, list_told_at, read_rotas
from pro_service.store.connection import Connection, Looking
from pro_service.store.desk import desk
from pro_service.store.desk import digest as store
from pro_service.store.desk.digest import Morning
from pro_service.store.ids import new_id

MORNING: Final = (time(7, 30), time(11))
"""When a digest goes out, in the site's zone; later it would say nothing that the desk does not."""
log = logging.getLogger("pro_service.work")


async def list_mornings(connection: Connection) -> list[Morning]:
    """Sites whose digest may be due now."""
    return await store.list_digest_mornings(connection, *MORNING)


async def send_digest(
    connection: Connection,
    pool: asyncpg.Pool,
    context: ServiceContext,
    telling: Telling,
    morning: Morning,
) -> int:
    """Send a site's digest on a working day, once to each; returns to how many it went.

    `connection` is the worker's, `pool` the desk's.
    """
    if not working_days(morning.country)(morning.day, morning.day):
        return 0
    rotas = await read_rotas(connection, morning.study_id)
    rota = next(one for one in rotas if one.row.id == morning.site_id)
    told_at = await list_told_at(connection, context, morning.study_id)
    people = [
        one.id
        for one in rota.row.staff
        if one.id in told_at and one.roles & MAY_BE_TOLD and not one.wide_roles & MAY_BE_TOLD
    ]
    if not people:
        return 0
    sent = 0
    counts = await _count(pool, context, morning, rota)
    for person in await store.claim_digests(connection, morning, people, WORKER):
        at = told_at[person]
        lines = _lines(telling, at.language, counts)
        given = {"site": rota.row.code, "link": f"{context.public_url}{DESK}", "lines": lines}
        letter = StaffLetter(
            letter_id=new_id(),
            to=at.address,
            title=telling.words.text("notice.digest.title", at.language, site=rota.row.code),
            body=telling.words.text("notice.digest.body", at.language, **given),
        )
        try:
            await telling.mail.send(letter)
            sent += 1
        except GatewayError as error:
            log.warning("digest_failed", extra={"error": type(error).__name__})
    return sent


async def _count(
    pool: asyncpg.Pool, context: ServiceContext, morning: Morning, rota: SiteRota
) -> Mapping[str, int]:
    """What waits, as whoever works at this site alone sees it."""
    async with pool.acquire() as lent, lent.transaction():
        roles = [(morning.site_id, Role.coordinator.value)]
        await desk.enter_desk(lent, Looking.of(WORKER, roles), "")
        versions = await read_protocols(lent, context, morning.study_id)
        to_do = await list_to_do(lent, context, morning.study_id, versions, judged=ALL_JUDGED)
    return count_to_do(to_do) | {"gaps": len(rota.gaps()) if rota.row.was_set else 0}


def _lines(telling: Telling, language: Language, counts: Mapping[str, int]) -> str:
    said = [
        telling.words.text(f"notice.digest.{name}", language, count=count)
        for name, count in counts.items()
        if count
    ]
    return "\n".join(said) or telling.words.text("notice.digest.nothing", language)
