"""What identifies a participant beside their number: sealed under their key, opened to compare."""

from __future__ import annotations

from uuid import UUID

from pro_service.services.base.context import ServiceContext
from pro_service.store.ids import new_id
from pro_service.store.pages.entrance import SealedIdentity
from pro_service.store.study.studies import EnrolledRow
from pro_service.store.writes import IdentityRow
from pro_service.vault import places


def seal_year(context: ServiceContext, year: str | None, data_key: UUID) -> list[IdentityRow]:
    """The row to store for a year of birth, sealed under the participant's key; none for None."""
    if year is None:
        return []
    row_id = new_id()
    sealed = places.IDENTITY.seal(context.vault, year, data_key=data_key, row_id=row_id)
    row = IdentityRow(
        id=row_id, kind="year_of_birth", value_sealed=sealed.ciphertext, value_key=sealed.key
    )
    return [row]


def known_year(context: ServiceContext, known: EnrolledRow) -> str | None:
    """The year a participant was enrolled with; their key must have been opened."""
    if known.year_id is None or known.year_sealed is None or known.year_key is None:
        return None
    return open_identity(context, SealedIdentity(known.year_id, known.year_sealed, known.year_key))


def open_identity(context: ServiceContext, known: SealedIdentity) -> str:
    """What is known, in the clear; the participant's key must have been opened."""
    return places.IDENTITY.open(
        context.vault, known.value_sealed, key=known.value_key, row_id=known.id
    )
