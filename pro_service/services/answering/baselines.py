"""Reads where a participant stood before the injection, for safety rules about a change."""

from __future__ import annotations

from collections.abc import Mapping

from pro_service.domain.endpoints.baselines import (
    baselines,
    compared_instruments,
    last_injection_at,
    standing_of,
)
from pro_service.domain.study.facts import INJECTIONS, ParticipantFacts, Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.safety import Baseline, days_since_each, fewest_days, timely
from pro_service.domain.study.times import zone
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import participants
from pro_service.store.connection import Connection


async def read_baselines(
    connection: Connection, context: ServiceContext, facts: ParticipantFacts, protocol: Protocol
) -> Mapping[Target, Baseline]:
    """The baseline of each knee and the person; nothing is read that no rule compares with now."""
    days = days_since_each(facts)
    rules = timely(protocol.safety, fewest_days(days, INJECTIONS), days)
    wanted = compared_instruments(protocol.safety, rules)
    injected_at = last_injection_at(facts.events)
    if not wanted or injected_at is None:
        return {}
    sent = await participants.list_sent_sittings(
        connection, facts.study_id, facts.id, instruments=wanted, before=injected_at
    )
    instruments = context.catalogue.instruments
    sittings = standing_of(sent, instruments, zone(facts.zone), facts.now)
    return baselines(protocol.safety, instruments, sittings, facts.events)
