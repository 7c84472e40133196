"""Protocol versions: stored by their content, once."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import StudyRow


class LoadedProtocol(NamedTuple):
    """A stored protocol version, and whether this call stored it."""

    study: StudyRow
    version_id: UUID
    fresh: bool


async def load_protocol(
    connection: Connection,
    context: ServiceContext,
    protocol: Protocol,
    source: str,
    content_sha256: str,
    *,
    actor: str,
) -> LoadedProtocol:
    """Store a checked protocol version by its content; the same content again changes nothing."""
    words = protocol.study
    row = StudyRow(new_id(), words.code, words.name["en"], words.sender["en"])
    await studies.insert_study(connection, row, actor)
    study = await context.study(connection, words.code)
    await context.ensure_study_key(connection, study.id)
    known = await studies.find_protocol_version(connection, study.id, content_sha256)
    if known is not None:
        return LoadedProtocol(study, known, fresh=False)
    version_id = new_id()
    await studies.insert_protocol_version(
        connection,
        study.id,
        version_id,
        content_sha256=content_sha256,
        label=content_sha256[:12],
        source=source,
        document=protocol.model_dump(mode="json"),
        actor=actor,
    )
    return LoadedProtocol(study, version_id, fresh=True)
