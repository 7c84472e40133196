"""The signatures of a participant as rows: whose, what of, and whether they stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.services.base.signing import Verified
from pro_service.services.exports.cells import as_instant, yes_or_no
from pro_service.services.exports.columns import Cell
from pro_service.services.exports.rows import Snapshot
from pro_service.store.exports.export import ExportedParticipant


def signature_rows(
    snapshot: Snapshot, participant: ExportedParticipant, verified: Sequence[Verified]
) -> Iterator[dict[str, Cell]]:
    """A row for each signature there was at the instant; a void one says how much changed since."""
    for one in verified:
        made = one.signature
        yield {
            "database": snapshot.database,
            "study": snapshot.study,
            "participant": participant.code,
            "site": participant.site,
            "visit": made.definition,
            "occurrence": made.occurrence,
            "signed_by": made.actor,
            "printed_name": made.printed_name,
            "signed_at": as_instant(made.signed_at),
            "meaning": made.meaning,
            "format": made.format,
            "content_sha256": made.content_sha256,
            "stands": yes_or_no(one.stands),
            "changed_since": len(one.told),
        }
