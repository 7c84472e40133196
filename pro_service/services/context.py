"""What every use case needs beside a connection, made once by the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pro_service.catalog.instrument_files import instrument_hash
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.store import participants, studies
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.studies import KeyRow, StudyRow
from pro_service.texts.catalogue import Texts
from pro_service.vault.vault import Vault, WrappedKey

TRIES = 5
"""How often a write decided from facts that moved on is decided anew before giving up."""


class UnknownStudyError(ProServiceError):
    """There is no such study."""


class UnknownParticipantError(ProServiceError):
    """There is no such participant."""


class BusyError(ProServiceError):
    """Too much changed at once; nothing was written. Please try again."""


@dataclass
class ServiceContext:
    """Vault, texts, instruments, settings; and what never changes once read."""

    vault: Vault
    texts: Texts
    instruments: Mapping[str, Instrument]
    public_url: str
    provider: str
    """Name of the gateway in use: it chooses our sending address."""
    release: str
    _protocols: dict[UUID, Protocol] = field(default_factory=dict)
    _study_keys: dict[UUID, UUID] = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)

    async def protocol(self, connection: Connection, study_id: UUID, version_id: UUID) -> Protocol:
        """A stored protocol version; versions never change, so it is read once."""
        if version_id not in self._protocols:
            document = await studies.get_protocol_document(connection, study_id, version_id)
            if document is None:
                raise UnknownStudyError("The participant's protocol version is not stored.")
            self._protocols[version_id] = Protocol.model_validate_json(document)
        return self._protocols[version_id]

    async def facts(
        self, connection: Connection, study_id: UUID, participant_id: UUID
    ) -> ParticipantFacts:
        """A participant's facts, with the participant's key opened for sealing and reading."""
        facts = await participants.get_participant_facts(connection, study_id, participant_id)
        if facts is None:
            raise UnknownParticipantError
        if facts.data_key is not None:
            key = facts.data_key
            self.vault.admit(WrappedKey(key.id, bytes.fromhex(key.wrapped), key.wrapping_key))
        return facts

    async def study_key(self, connection: Connection, study_id: UUID) -> UUID:
        """The id of the study's own key, opened; UnknownStudyError before `open_study` made it."""
        if study_id not in self._study_keys:
            row = await studies.get_study_key(connection, study_id)
            if row is None:
                raise UnknownStudyError("The study has no key.", mend="Load its protocol first.")
            self.vault.admit(WrappedKey(*row))
            self._study_keys[study_id] = row.id
        return self._study_keys[study_id]

    async def ensure_study_key(self, connection: Connection, study_id: UUID) -> None:
        """Give a new study its own key; a first one stays."""
        if await studies.get_study_key(connection, study_id) is None:
            key = self.vault.new_data_key()
            try:
                await studies.insert_study_key(
                    connection, study_id, KeyRow(key.id, key.wrapped, key.wrapping_key)
                )
            except DuplicateError:
                return  # Another command made it in the meantime.

    def instrument_sha256(self, instrument_id: str) -> str:
        """The hash that says exactly which rules and labels an attempt was asked with."""
        if instrument_id not in self._hashes:
            self._hashes[instrument_id] = instrument_hash(self.instruments[instrument_id])
        return self._hashes[instrument_id]

    async def study(self, connection: Connection, code: str | None) -> StudyRow:
        """The study with this code; without a code, the only one there is."""
        rows = await studies.list_studies(connection)
        if code is None and len(rows) == 1:
            return rows[0]
        known = ", ".join(row.code for row in rows) or "none yet"
        for row in rows:
            if row.code == code:
                return row
        if code is None:
            message = "There is no study." if not rows else "There are several studies."
            mend = (
                "Load a protocol first: pro-service protocol load FILE."
                if not rows
                else f"Name one with --study: {known}."
            )
            raise UnknownStudyError(message, mend=mend)
        raise UnknownStudyError(f"There is no study {code}.", mend=f"Known: {known}.")
