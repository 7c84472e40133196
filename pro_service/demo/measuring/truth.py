"""How the simulated measures follow the pain, and what a correlation of them must therefore be.

UTE T2* of the central medial femur lies above its least value by a known amount for each point of
WOMAC pain (0 to 100) that is felt on the day of the images, and by what scan and reader add by
chance. What scans add is dealt, not thrown: the same spread in every run, in an order drawn by lot;
so the truth is known more narrowly than an interval of the run's size can be. Pure.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import sqrt
from statistics import NormalDist, fmean
from typing import Final, NamedTuple

from pro_service.demo.measuring.exams import Exam, Examinee
from pro_service.demo.personas import ANSWER_SPREAD, FLARE, FLARE_DAYS
from pro_service.domain.measures.pairing import Of, Paired

SCORE: Final = "womac-nrs-3.1/pain"
MEASURE: Final = "ute_t2s"
REGION: Final = "cMFC"
LAYER: Final = "full"
MS_A_POINT: Final = 0.12
"""By how much UTE T2* rises with each point of pain, in ms."""
LEAST_MS: Final = 9.0
SCAN_SPREAD: Final = 1.0
"""What a scan adds by chance, in ms: of the size that was found between sessions."""
READER_SPREAD: Final = 0.3
READERS: Final = 2
ITEMS: Final = 5
"""Of WOMAC pain; each is answered 0 to 10, in whole numbers."""
_ROUNDING: Final = 1 / 12
"""The variance that whole numbers add."""


class Truth(NamedTuple):
    """What pairs of score and measure show when chance has no part in it."""

    correlation: float
    """Within knees over time."""
    slope: float
    """Points of pain for each ms: less than the amount they were made by, for measures err."""


class _Expected(NamedTuple):
    """A pair as it is expected, and by how much each side varies by chance (variances)."""

    pain: float
    ms: float
    answers: float
    images: float


def pain_on(examinee: Examinee, day: date) -> float:
    """The pain felt on a day, 0 to 100."""
    persona, injected_on = examinee.persona, examinee.injected_on
    if injected_on is None or day <= injected_on:
        return persona.usual_pain * 10
    flare = FLARE if (day - injected_on).days <= FLARE_DAYS else 0.0
    return (persona.usual_pain * persona.pain_left(day, injected_on) + flare) * 10


def ms_on(examinee: Examinee, day: date) -> float:
    """UTE T2* where it follows the pain, before anything by chance."""
    return LEAST_MS + MS_A_POINT * pain_on(examinee, day)


def deal(exams: Sequence[Exam], seed: int) -> dict[Exam, float]:
    """What the scan of each examination adds, in ms.

    Two knees whose pain falls nearly alike get the same with opposite signs, so that by chance
    scans go neither with the pain nor against it.
    """
    by_knee: dict[tuple[str, str], list[Exam]] = defaultdict(list)
    for one in exams:
        by_knee[one.examinee.persona.code, one.knee].append(one)
    knees = sorted(by_knee.values(), key=lambda found: (len(found), _fall(found[0].examinee)))
    drawn = [one for found in knees[::2] for one in found]
    places = [SCAN_SPREAD * NormalDist().inv_cdf((n + 0.5) / len(drawn)) for n in range(len(drawn))]
    random.Random(f"{seed}:scans").shuffle(places)
    scans = dict(zip(drawn, places, strict=True))
    for found, mirror in zip(knees[::2], knees[1::2], strict=False):
        added = [*(-scans[one] for one in found), *(0.0 for _ in mirror)]
        scans |= dict(zip(mirror, added, strict=False))
    return scans


def _fall(examinee: Examinee) -> float:
    """How much less it hurts in the end."""
    return examinee.persona.usual_pain * examinee.persona.benefit


def truth_of(pairs: Iterable[Paired], examinees: Mapping[str, Examinee]) -> Truth | None:
    """What these very pairs must show; None where no knee has two."""
    by_knee: dict[Of, list[_Expected]] = defaultdict(list)
    for one in pairs:
        by_knee[one.score.of].append(_expected(examinees[one.score.of.code], one))
    pain = ms = both = 0.0
    for expected in by_knee.values():
        felt, seen = fmean(one.pain for one in expected), fmean(one.ms for one in expected)
        kept = 1 - 1 / len(expected)
        pain += sum((one.pain - felt) ** 2 + one.answers * kept for one in expected)
        ms += sum((one.ms - seen) ** 2 + one.images * kept for one in expected)
        both += sum((one.pain - felt) * (one.ms - seen) for one in expected)
    if not pain or not ms:
        return None
    return Truth(both / sqrt(pain * ms), both / ms)


def _expected(examinee: Examinee, pair: Paired) -> _Expected:
    day, injected_on = pair.score.day, examinee.injected_on
    left = 1.0
    if injected_on is not None and day > injected_on:
        left = examinee.persona.pain_left(day, injected_on)
    answer = (ANSWER_SPREAD * left) ** 2 + _ROUNDING
    return _Expected(
        pain=pain_on(examinee, day),
        ms=ms_on(examinee, pair.measured_on),
        answers=answer * 100 / ITEMS,
        images=SCAN_SPREAD**2 + READER_SPREAD**2 / READERS,
    )
