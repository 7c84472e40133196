"""Telling staff of urgent alerts (R10): at least once, then the next person, until it is assessed.

A notice is claimed before it is sent and its fate written after; whatever breaks off in between is
told again. It says that there is one urgent matter at a site, and nothing of whom or what. It goes
by e-mail and, to whoever gave a telephone, by text: where a sender of the site may write to that
country in words of our own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.delivery.senders import SenderFacts, outlet_to
from pro_service.domain.study.coming import EscalationStep
from pro_service.domain.study.duty import (
    NoticeState,
    Reachable,
    notices_due,
    people_of_step,
)
from pro_service.messaging.gateway import AmbiguousError, GatewayError, OutboundText
from pro_service.messaging.staff_mail import StaffLetter
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import country_of
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
    """By e-mail."""
    texted_at: Mapping[UUID, ToldAt]
    senders: Sequence[SenderFacts]

    def people(self, step: EscalationStep) -> list[UUID]:
        """Whom a step means, of those who can be told."""
        staff = [
            Reachable(one.id, one.roles & MAY_BE_TOLD, one.wide_roles & MAY_BE_TOLD)
            for one in self.rota.row.staff
            if (one.id in self.told_at or one.id in self.texted_at) and one.roles & MAY_BE_TOLD
        ]
        return people_of_step(step, self.rota.on_duty(), staff)

    def letter(
        self, person: UUID, notice_id: UUID, words: Texts, minutes: int
    ) -> StaffLetter | None:
        """What is said to somebody in their language; None: they gave no address."""
        at, site = self.told_at.get(person), self.rota.row.code
        if at is None:
            return None
        given = {"site": site, "link": f"{self.context.public_url}{DESK}", "minutes": minutes}
        return StaffLetter(
            letter_id=notice_id,
            to=at.address,
            title=words.text("notice.urgent.title", at.language, site=site),
            body=words.text("notice.urgent.body", at.language, **given),
        )

    def text(self, person: UUID, notice_id: UUID, words: Texts) -> tuple[str, OutboundText] | None:
        """The text to somebody, and through whom; None: to no telephone, or none may be sent."""
        at, context = self.texted_at.get(person), self.context
        if at is None:
            return None
        outlet = outlet_to(
            self.senders,
            country_of(at.address),
            context.channels,
            context.gateways.names,
            cross_border=False,
        )
        if outlet.sender is None or outlet.why_not or outlet.rule.template_registered:
            return None
        key = "notice.urgent.text" if outlet.rule.links else "notice.urgent.text_alone"
        given = {"site": self.rota.row.code, "link": f"{context.public_url}{DESK}"}
        text = OutboundText(
            message_id=notice_id,
            our_address=outlet.sender.address,
            their_address=at.address,
            body=words.text(key, at.language, **given),
            status_callback=None,
        )
        return outlet.sender.provider, text


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
        await list_told_at(connection, context, alert.study_id, "phone"),
        await store.list_senders_for_notices(connection, alert.study_id, alert.site_id),
    )
    tried = 0
    for due in notices_due(escalation, alert.clock, case.people):
        notice_id = await store.claim_notice(connection, alert, due, WORKER)
        if notice_id is not None:
            minutes = escalation.hold_minutes
            state = await _handed_over(
                context,
                telling,
                case.letter(due.person, notice_id, telling.words, minutes),
                case.text(due.person, notice_id, telling.words),
            )
            await store.record_notice_step(connection, alert.study_id, notice_id, state, WORKER)
            tried += 1
    return tried


async def _handed_over(
    context: ServiceContext,
    telling: Telling,
    letter: StaffLetter | None,
    text: tuple[str, OutboundText] | None,
) -> NoticeState:
    """What became of a notice: of its two ways that which arrived most surely."""
    states = []
    if letter is not None:
        states.append(await _fate(telling.mail.send(letter)))
    if text is not None:
        provider, words = text
        states.append(await _fate(context.gateways.of(provider).send(words)))
    order = (NoticeState.sent, NoticeState.ambiguous)
    return next((one for one in order if one in states), NoticeState.refused)


async def _fate(handing_over: Awaitable[object]) -> NoticeState:
    try:
        await handing_over
    except AmbiguousError:
        return NoticeState.ambiguous
    except GatewayError:
        return NoticeState.refused
    return NoticeState.sent
