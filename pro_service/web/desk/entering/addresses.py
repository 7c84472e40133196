"""Addresses of entry: which visit and questionnaire a link names, and nothing that was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

from pro_service.domain.study.entering import Enterable


class Asked(Protocol):
    """An instrument asked for a knee or the person."""

    @property
    def instrument(self) -> str:
        """Its id."""

    @property
    def target(self) -> str:
        """The knee, or the person."""


def entry_of(
    code: str,
    *,
    assessment: UUID | None = None,
    visit: UUID | None = None,
    asked: Asked | None = None,
    mode: Literal["telephone"] | None = None,
) -> str:
    """The page on which answers of a participant are entered, with what is named chosen there.

    `asked` is looked for at the visit; without it, the first that is owed there is chosen. Whoever
    comes from a call need not say how it was told: that is `mode`.
    """
    page = f"/desk/participants/{quote(code, safe='')}/entry"
    named: dict[str, object] = {}
    if assessment is not None:
        named["assessment"] = assessment
    elif visit is not None:
        named["visit"] = visit
        if asked is not None:
            named |= {"instrument": asked.instrument, "target": asked.target}
    if mode is not None:
        named["mode"] = mode
    return f"{page}?{urlencode(named)}" if named else page


def asked_for(offered: Sequence[Enterable], query: Mapping[str, str]) -> str:
    """The assessment a link names by its visit, if it may be entered; else nothing is chosen.

    With the visit alone it is the first that is still owed there.
    """
    visit = query.get("visit", "")
    instrument, target = query.get("instrument"), query.get("target")
    for one in offered:
        if (
            str(one.visit.id) == visit
            and instrument in (None, one.assessment.instrument)
            and target in (None, one.assessment.target)
        ):
            return str(one.assessment.id)
    return ""
