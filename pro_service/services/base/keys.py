"""The vault with the keys it holds: a study's own, a participant's, whichever a value names."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.study import studies
from pro_service.store.study.studies import KeyRow
from pro_service.vault.vault import Vault, WrappedKey, data_key_of


class UnknownStudyError(ProServiceError):
    """There is no such study."""


@dataclass
class Keys:
    """Opens keys as they are needed; an opened one stays open."""

    vault: Vault
    _study_keys: dict[UUID, UUID] = field(default_factory=dict)

    def admit(self, facts: ParticipantFacts) -> None:
        """Open a participant's key, for sealing and reading."""
        key = facts.data_key
        if key is not None:
            self.vault.admit(WrappedKey(key.id, bytes.fromhex(key.wrapped), key.wrapping_key))

    async def study_key(self, connection: Connection, study_id: UUID) -> UUID:
        """The id of the study's own key, opened; UnknownStudyError before the study has one."""
        known = self._study_keys.get(study_id)
        if known is None or not self.vault.holds(known):
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
        row = await studies.get_study_key(connection, study_id)
        if row is not None:
            self._study_keys[study_id] = row.id  # Not opened: whoever uses it does that.
            return
        key = self.vault.new_data_key()
        try:
            await studies.insert_study_key(
                connection, study_id, KeyRow(key.id, key.wrapped, key.wrapping_key)
            )
        except DuplicateError:
            return  # Another command made it in the meantime.
