"""What every use case needs beside a connection, made once by the composition root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from pro_service.catalog.instrument_files import instrument_hash
from pro_service.catalog.wording_files import LoadedWording
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.instruments.wording import instrument_with_wording, wording_mistakes
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.store.base import participants
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.study import studies
from pro_service.store.study.studies import KeyRow, StudyRow
from pro_service.texts.catalogue import Texts
from pro_service.vault.vault import Vault, WrappedKey, data_key_of


class UnknownStudyError(ProServiceError):
    """There is no such study."""


class UnknownParticipantError(ProServiceError):
    """There is no such participant."""


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
    _neutral: Mapping[str, Instrument] = field(default_factory=dict)
    _wording_hashes: dict[tuple[str, Language], str] = field(default_factory=dict)

    async def protocol(self, connection: Connection, study_id: UUID, version_id: UUID) -> Protocol:
        """A stored protocol version; versions never change, so it is read once."""
        if version_id not in self._protocols:
            document = await studies.get_protocol_document(connection, study_id, version_id)
            if document is None:
                raise UnknownStudyError("The participant's protocol version is not stored.")
            self._protocols[version_id] = Protocol.model_validate_json(document)
        return self._protocols[version_id]

    async def facts(
        self,
        connection: Connection,
        study_id: UUID,
        participant_id: UUID,
        *,
        answers_of: Sequence[UUID] = (),
    ) -> ParticipantFacts:
        """A participant's facts, with the participant's key opened for sealing and reading.

        `answers_of` names assessments whose answers are needed however long ago they were sent in.
        Raises UnknownParticipantError.
        """
        facts = await participants.get_participant_facts(
            connection, study_id, participant_id, answers_of
        )
        if facts is None:
            raise UnknownParticipantError
        self.admit(facts)
        return facts

    def admit(self, facts: ParticipantFacts) -> None:
        """Open a participant's key, for sealing and reading."""
        if facts.data_key is not None:
            key = facts.data_key
            self.vault.admit(WrappedKey(key.id, bytes.fromhex(key.wrapped), key.wrapping_key))

    async def study_key(self, connection: Connection, study_id: UUID) -> UUID:
        """The id of the study's own key, opened; UnknownStudyError before `open_study` made it."""
        if study_id not in self._study_keys:
            row = await studies.get_study_key(connection, study_id)
            if row is None:
                raise UnknownStudyError("The study has no key.", mend="Load its protocol first.")
            self.vault.admit(WrappedKey(*row))
            self._study_keys[study_id] = row.id
        return self._study_keys[study_id]

    async def open_key(self, connection: Connection, study_id: UUID, key: str) -> None:
        """Open the key a sealed value names (`A256GCM:<id>`), whoever's it is."""
        key_id = data_key_of(key)
        if self.vault.holds(key_id):
            return
        row = await studies.get_data_key(connection, study_id, key_id)
        if row is not None:
            self.vault.admit(WrappedKey(*row))

    async def ensure_study_key(self, connection: Connection, study_id: UUID) -> None:
        """Give a new study its own key; a first one stays."""
        if study_id in self._study_keys:
            return
        if await studies.get_study_key(connection, study_id) is None:
            key = self.vault.new_data_key()
            try:
                await studies.insert_study_key(
                    connection, study_id, KeyRow(key.id, key.wrapped, key.wrapping_key)
                )
            except DuplicateError:
                return  # Another command made it in the meantime.

    def instrument_sha256(self, instrument_id: str) -> str:
        """The hash that says exactly which rules and neutral labels an instrument has."""
        if instrument_id not in self._hashes:
            self._hashes[instrument_id] = instrument_hash(self.neutral_instruments[instrument_id])
        return self._hashes[instrument_id]

    @property
    def neutral_instruments(self) -> Mapping[str, Instrument]:
        """The instruments as they ship: what may leave the service, whatever pack is in force."""
        return self._neutral or self.instruments

    def use_wordings(self, packs: Iterable[LoadedWording]) -> None:
        """Ask in the words of these packs, and of no others; what fits no instrument is left."""
        self._neutral = self.neutral_instruments
        worded = dict(self._neutral)
        self._wording_hashes.clear()
        for wording, content_sha256 in packs:
            instrument = worded.get(wording.instrument)
            if instrument is not None and not any(wording_mistakes(instrument, wording)):
                worded[instrument.id] = instrument_with_wording(instrument, wording)
                self._wording_hashes[instrument.id, wording.language] = content_sha256
        self.instruments = MappingProxyType(worded)

    def wording_sha256(self, instrument_id: str, language: Language) -> str:
        """The hash of the words an attempt is asked in: a pack's, else the neutral labels'."""
        found = self._wording_hashes.get((instrument_id, language))
        return found or self.instrument_sha256(instrument_id)

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
