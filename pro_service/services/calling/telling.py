"""Telling staff of urgent alerts (R10): at least once, then the next person, until it is assessed.

A notice is claimed before it is sent and its fate written after; whatever breaks off in between is
told again. It says that there is one urgent matter at a site, and nothing of whom or what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.study.coming import EscalationStep
from pro_service.domain.study.duty import (
    NoticeState,
    Reachable,
    notices_due,
    people_of_step,
)
from pro_service.messaging.gateway import AmbiguousError, GatewayError
from pro_service.messaging.staff_mail import StaffLetter, StaffMail
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.telling import DESK, MAY_BE_TOLD, Telling
from pro_service.services.study import SiteRota, ToldAt, list_told_at, read_rotas
from pro_service.store.calling import notices as store
from pro_service.store.calling.notices import AlertToTell
from pro_service.store.connection import Connection
from pro_service.texts.catalogue import Texts

CLAIM_LEASE: Final = timedelta(minutes=2)
"""A claim not followed in this time (machine time) is of unknown fate: its process died."""


@dataclass(frozen=True)
class _Case:
    """One alert's site: whom an alert there may be told to, and where."""

    context: ServiceContext
    rota: SiteRota
    told_at: Mapping[UUID, ToldAt]

    def people(self, step: EscalationStep) -> list[UUID]:
        """Whom a step means, of those who can be told."""
        staff = [
            Reachable(one.id, one.roles & MAY_BE_TOLD, one.wide_roles & MAY_BE_TOLD)
            for one in self.rota.row.staff
            if one.id in self.told_at and one.roles & MAY_BE_TOLD
        ]
        return people_of_step(step, self.rota.on_duty(), staff)

    def letter(self, person: UUID, notice_id: UUID, words: Texts, minutes: int) -> StaffLetter:
        """What is said to somebody, in their language."""
        at, site = self.told_at[person], self.rota.row.code
        given = {"site": site, "link": f"{self.context.public_url}{DESK}", "minutes": minutes}
        return StaffLetter(
            letter_id=notice_id,
            to=at.address,
            title=words.text("notice.urgent.title", at.language, site=site),
            body=words.text("notice.urgent.body", at.language, **given),
        )


async def tell_of(
    connection: Connection, context: ServiceContext, telling: Telling, alert: AlertToTell
) -> int:
    """Tell whoever is to be told of an alert now; returns how many were tried."""
    protocol = await context.reader.protocol(connection, alert.study_id, alert.protocol_version_id)
    escalation = protocol.coming.escalation
    if escalation is None:
        return 0
    rotas = await read_rotas(connection, alert.study_id)
    case = _Case(
        context,
        next(one for one in rotas if one.row.id == alert.site_id),
        await list_told_at(connection, context, alert.study_id),
    )
    tried = 0
    for due in notices_due(escalation, alert.clock, case.people):
        notice_id = await store.claim_notice(connection, alert, due, WORKER)
        if notice_id is not None:
            minutes = escalation.hold_minutes
            letter = case.letter(due.person, notice_id, telling.words, minutes)
            state = await _handed_over(telling.mail, letter)
            await store.record_notice_step(connection, alert.study_id, notice_id, state, WORKER)
            tried += 1
    return tried


async def _handed_over(mail: StaffMail, letter: StaffLetter) -> NoticeState:
    try:
        await mail.send(letter)
    except AmbiguousError:
        return NoticeState.ambiguous
    except GatewayError:
        return NoticeState.refused
    return NoticeState.sent
