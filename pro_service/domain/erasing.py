"""Erasure (R17): when a participant's key may be destroyed, on what ground, and by whom (R15)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.locks import ASKED_FOR, Asked
from pro_service.domain.study.facts import Status


class Ground(StrEnum):
    """Why a participant may be erased."""

    retention = "retention"
    """The day until which the protocol keeps what identifies them is past."""
    decision = "decision"
    """Sponsor and ethics committee decided it, and the decision is on record."""


class ErasureRefusal(StrEnum):
    """Why nobody is erased."""

    erased = "erased"
    """They were erased before."""
    open = "open"
    """They are not restricted: that comes first."""
    safety = "safety"
    """Safety follow-up runs: they must be reached."""
    alert = "alert"
    """An urgent alert is not closed."""
    kept = "kept"
    """The protocol names no day, or a later one, and no decision is on record."""
    alone = "alone"
    """Whoever asked does not erase: another person does."""
    ground = "ground"
    """The other person asked for it on another ground."""
    no_ground = "no_ground"
    """No ground was named."""
    nameless = "nameless"
    """A signature needs a name to print."""


class ErasureRefusedError(ProServiceError):
    """Nobody is erased, and nothing was changed."""

    def __init__(self, why: ErasureRefusal, message: str, mend: str | None = None) -> None:
        """Keep why as the word of the error."""
        super().__init__(message, mend=mend, word=why.value)


def ground_named(text: str) -> Ground:
    """The ground a form or a command names. Raises ErasureRefusedError."""
    try:
        return Ground(text)
    except ValueError:
        raise ErasureRefusedError(
            ErasureRefusal.no_ground, f"Name a ground: {', '.join(Ground)}."
        ) from None


class Standing(NamedTuple):
    """Where a participant stands, as far as erasing asks."""

    restricted: bool
    erased: bool
    safety_runs: bool
    open_alerts: int


def demand_erasable(now: Standing) -> None:
    """Refuse who must still be reached, or was erased. Raises ErasureRefusedError."""
    if now.erased:
        raise ErasureRefusedError(ErasureRefusal.erased, "They were erased before.")
    if not now.restricted:
        raise ErasureRefusedError(
            ErasureRefusal.open,
            "They are not restricted.",
            "Restrict them first: it stops everything but safety at once, and can be lifted.",
        )
    if now.safety_runs:
        raise ErasureRefusedError(
            ErasureRefusal.safety,
            "Their safety follow-up runs, for which their number is needed.",
            "Wait until it is over, or have an investigator end it.",
        )
    if now.open_alerts:
        raise ErasureRefusedError(
            ErasureRefusal.alert, "An urgent alert about them is not closed.", "Close it first."
        )


def demand_ground(ground: Ground, retain_until: date | None, today: date) -> None:
    """Refuse the end of retention as a ground before it. Raises ErasureRefusedError."""
    if ground is Ground.decision or (retain_until is not None and retain_until <= today):
        return
    said = "names no day" if retain_until is None else f"says {retain_until.isoformat()}"
    raise ErasureRefusedError(
        ErasureRefusal.kept,
        f"Nothing is erased before the day the protocol names (study.retain_until), and it {said}.",
        "Wait for it, or have the decision of sponsor and ethics committee on record.",
    )


class AskedErasure(NamedTuple):
    """Who asked that somebody be erased, when (study time), and on what ground."""

    by: Asked
    ground: Ground


def erases_now(asked: AskedErasure | None, ground: Ground, actor: str, now: datetime) -> bool:
    """Whether a signature erases; False: it asks for it, and another person erases in 7 days.

    Raises ErasureRefusedError where somebody would do what they asked for themselves, or another
    thing than was asked for.
    """
    if asked is None or asked.by.at + ASKED_FOR < now:
        return False
    if asked.by.by == actor:
        raise ErasureRefusedError(
            ErasureRefusal.alone,
            "You have asked for it: another person erases, within 7 days of your asking.",
        )
    if asked.ground is not ground:
        raise ErasureRefusedError(
            ErasureRefusal.ground, f"{asked.by.by} asked for it on the ground: {asked.ground}."
        )
    return True


def status_of_erasure(ground: Ground, before: Status | None) -> Status | None:
    """The status that flags the answers which stay; None: what stands says it, or nothing may."""
    final = (Status.withdrew_data_use, Status.died)
    return Status.withdrew_data_use if ground is Ground.decision and before not in final else None
