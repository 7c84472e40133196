"""The pairs as a table, the same bytes for the same pairs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from pro_service.domain.instruments.numbers import written
from pro_service.domain.measures.analyses import Analysis
from pro_service.domain.measures.pairing import Of, Paired

COLUMNS: Final = (
    *("participant", "knee", "analysis_visit", "score_on", "score"),
    *("measured_on", "measure", "gap_days"),
)


def pairs_csv(pairs: Iterable[Paired]) -> str:
    """Every pair; days are the participant's own, the gap is measured less answered, in days."""
    return _csv(
        COLUMNS,
        (
            (
                *(one.score.of.code, one.score.of.target, one.score.visit or ""),
                *(one.score.day.isoformat(), written(one.score.value)),
                *(one.measured_on.isoformat(), written(one.value), one.gap_days),
            )
            for one in pairs
        ),
    )


def points_csv(analysis: Analysis) -> str:
    """What one analysis is made of: x the measure, y the score, or the changes of both."""
    rows = []
    for one in analysis.points:
        knee = one.unit.target if isinstance(one.unit, Of) else ""
        rows.append((one.person, knee, one.time or "", float(one.x), float(one.y)))
    return _csv(("participant", "knee", "analysis_visit", "measure", "score"), rows)


def digest(text: str) -> str:
    """What names a table of pairs in the record."""
    return sha256(text.encode()).hexdigest()


def _csv(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    buffer = io.StringIO(newline="")
    table = csv.writer(buffer)
    table.writerow(heads)
    table.writerows(rows)
    return buffer.getvalue()
