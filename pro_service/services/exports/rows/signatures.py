"""The signatures of a participant as rows: whose, what of, and whether they stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.services.base.signing import Verified
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import Person


def signature_rows(person: Person, verified: Sequence[Verified]) -> Iterator[Row]:
    """A row for each signature there was at the instant; a void one says how much changed since."""
    for one in verified:
        made = one.signature
        yield (
            *person.cells,
            *(made.definition, made.occurrence, made.actor, made.printed_name, made.signed_at),
            *(made.meaning, made.format, made.content_sha256, one.stands, len(one.told)),
        )
