"""Reads of images, blinded (R19): who gets what in which order, and what a third must settle.

A list names pseudonyms in an order drawn by lot; a tenth of the exams come twice, under another
pseudonym, so that a reader's agreement with themselves is known. FDA, Clinical Trial Imaging
Endpoint Process Standards (2018).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.measures.values import differ

REPEATED: Final = 10
"""One exam of so many comes again, and at least one."""
PSEUDONYM_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PSEUDONYM_LENGTH: Final = 7
_MOST_SHUFFLES: Final = 100


class Look(NamedTuple):
    """One place of a list: an exam, and which look at it this is."""

    exam_id: UUID
    look: int
    """1: the first on the list; 2: its hidden repeat."""


class Given(NamedTuple):
    """What a reader gave for one exam, at one region and layer."""

    exam_id: UUID
    region: str | None
    layer: str | None
    reader: str
    look: int
    value: Decimal | None
    gap: str | None


def draw_order(exams: Collection[UUID], seed: int, *, repeats: bool) -> list[Look]:
    """The order of a list, drawn by lot; the same seed draws the same.

    A repeat never follows at once upon its first, unless there is nothing to put between.
    """
    told = _drawn(exams, seed, "again")
    again = told[: -(-len(told) // REPEATED)] if repeats else []
    order: list[UUID] = []
    for shuffle in range(_MOST_SHUFFLES):
        places = [(exam, f"{shuffle}") for exam in told] + [(exam, f"{shuffle}*") for exam in again]
        order = [exam for exam, _ in sorted(places, key=lambda place: _lot(seed, *place))]
        if all(one != following for one, following in zip(order, order[1:], strict=False)):
            break
    looks: defaultdict[UUID, int] = defaultdict(int)
    drawn = []
    for exam in order:
        looks[exam] += 1
        drawn.append(Look(exam, looks[exam]))
    return drawn


def _drawn(exams: Collection[UUID], seed: int, what: str) -> list[UUID]:
    return sorted(exams, key=lambda exam: _lot(seed, exam, what))


def _lot(seed: int, exam: UUID, what: str) -> bytes:
    """What an exam draws: as good as by chance, and the same again from the same seed."""
    return sha256(f"{seed}:{what}:{exam}".encode()).digest()


def to_settle(reads: Iterable[Given], beyond: Decimal) -> list[UUID]:
    """The exams about which first reads differ by more than the rule allows, in the given order.

    A value beside a gap differs; two gaps do not. What one reader alone has read is not compared.
    """
    by_spot: defaultdict[tuple[UUID, str | None, str | None], list[Given]] = defaultdict(list)
    for one in reads:
        if one.look == 1:
            by_spot[one.exam_id, one.region, one.layer].append(one)
    return list(
        dict.fromkeys(
            exam
            for (exam, _, _), spot in by_spot.items()
            if differ([one.value for one in spot], beyond)
        )
    )
