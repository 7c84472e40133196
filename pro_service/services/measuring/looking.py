"""What decides whether groups may be looked at before the end (R20), read from the record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pro_service.domain.endpoints.looking import Cut, Gate
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.exports.cuts import list_cuts


async def read_gate(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    kind: str | None,
    now: datetime,
    protocol: Protocol | None,
) -> Gate:
    """Of a database of this kind, now (study time), by the newest version of the protocol."""
    plan = await context.reader.plan(connection, study_id, now)
    cuts = [Cut(one.name, one.cut_at) for one in await list_cuts(connection, study_id)]
    foreseen = () if protocol is None else tuple(one.id for one in protocol.coming.data_cut)
    return Gate(kind, cuts, foreseen, () if plan is None else plan.plan.looks)
