"""Who the simulated participants are: their numbers, habits and pain, drawn from one seed.

Everything here is pure. What a persona does never depends on the machine's clock or speed: each
draw has a generator of its own, named by what it is for.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Literal

from pro_service.domain.instruments.model import Item, Language

FIRST_DAY: Final = date(2026, 1, 5)
"""The study's first day; fixed, so that a report never depends on today."""
EARLIEST_INJECTION: Final = timedelta(days=8)
INJECTION_DAYS: Final = (timedelta(0), timedelta(days=7))
"""A clinic's days for injections, from the earliest on: who was treated together is asked on the
same days ever after, and answers side by side with the others."""
AREA_CODES: Final = ("202", "212", "312", "415", "617", "702", "808", "907")
NUMBERS_AN_AREA: Final = 90
ANSWER_SPREAD: Final = 0.6
"""How far an answer lies from what is felt by chance: a standard deviation, of pain 0 to 10."""
FLARE: Final = 0.7
FLARE_DAYS: Final = 3
"""How much more it hurts on the day of the injection and so many after."""


class Kind(StrEnum):
    """What is particular about a participant."""

    text = "text"
    link = "link"
    half = "half"
    """Begins by text, asks for the page, and ends there."""
    late = "late"
    """Answers days later, sometimes after the visit has closed."""
    garbled = "garbled"
    """Sends two things nobody can take for an answer, then the answer."""
    never = "never"
    """Never answers; the phone is switched off."""
    opts_out = "opts_out"
    spouse = "spouse"
    """Shares a phone with the next or the previous participant."""
    slips = "slips"
    """The injection is moved once before it happens."""
    dies = "dies"
    swollen = "swollen"
    """Reports a hot, swelling knee on the safety checklist of day 3."""
    words = "words"
    """Writes of a symptom in words before answering."""
    skips = "skips"
    """Leaves out what does not apply, and a question now and then."""
    corrects = "corrects"
    """Takes an answer back and gives another."""
    both_knees = "both_knees"
    unsent = "unsent"
    """Answers everything on the pages and never sends it."""
    loses_session = "loses_session"
    """The browser forgets everything half-way; the link is opened again."""
    stranger = "stranger"
    """Whoever has the number now is somebody else, and says so."""
    signature = "signature"
    """The telephone adds a signature to every text."""
    dead = "dead"
    """The number is no number any more."""
    pauses = "pauses"
    """Asks for a rest before the injection."""
    forgetful = "forgetful"
    """Does not always answer, and sometimes stops half-way."""


SPECIAL: Final = (
    Kind.text,
    Kind.link,
    Kind.half,
    Kind.late,
    Kind.garbled,
    Kind.never,
    Kind.opts_out,
    Kind.spouse,
    Kind.spouse,
    Kind.slips,
    Kind.dies,
    Kind.swollen,
    Kind.words,
    Kind.skips,
    Kind.corrects,
    Kind.both_knees,
    Kind.unsent,
    Kind.loses_session,
    Kind.stranger,
    Kind.signature,
    Kind.dead,
    Kind.pauses,
)
"""The first participants, in this order; a smaller cast takes the first of them."""
USUAL: Final = {
    Kind.link: 45,
    Kind.text: 20,
    Kind.forgetful: 15,
    Kind.late: 10,
    Kind.half: 5,
    Kind.never: 5,
}
"""Everybody after them, by weight."""
BY_TEXT: Final = frozenset(
    {
        Kind.text,
        Kind.half,
        Kind.garbled,
        Kind.never,
        Kind.opts_out,
        Kind.spouse,
        Kind.words,
        Kind.skips,
        Kind.corrects,
        Kind.stranger,
        Kind.signature,
        Kind.dead,
        Kind.pauses,
    }
)


@dataclass(frozen=True)
class Persona:
    """One simulated participant, as enrolled and as a person."""

    seed: int
    number: int
    """From 1."""
    kind: Kind
    site: Literal["BJ01", "NY01"]
    language: Language
    zone: str
    phone: str
    knees: Literal["left", "right", "both"]
    planned_on: date
    usual_pain: float
    benefit: float
    """The share of the pain that the treatment takes away in the end."""

    @property
    def code(self) -> str:
        """The code on the study's lists."""
        return f"K-{self.number:04}"

    @property
    def channel(self) -> Literal["text", "link"]:
        """How the participant asked to be asked."""
        return "text" if self.kind in BY_TEXT else "link"

    @property
    def our_address(self) -> str:
        """The address the participant's site writes from."""
        return SENDERS[self.site]

    def draw(self, *names: object) -> random.Random:
        """A generator for one purpose."""
        return random.Random(":".join(str(n) for n in (self.seed, self.number, *names)))

    def pain_left(self, day: date, injected_on: date) -> float:
        """The share of the usual pain that is left on a day."""
        days = max((day - injected_on).days, 0)
        return 1 - self.benefit * (1 - math.exp(-days / 45))

    def value(self, item: Item, day: date, injected_on: date | None, nth: int) -> int:
        """The honest answer to an item on a local day, the `nth` time it is asked that day."""
        if item.maximum == 1:
            return 0
        chance = self.draw("value", day, item.code, nth)
        level = self.usual_pain + chance.gauss(0.0, ANSWER_SPREAD)
        if injected_on is not None:
            level *= self.pain_left(day, injected_on)
            level += FLARE if 0 <= (day - injected_on).days <= FLARE_DAYS else 0.0
        if item.code.startswith("function"):
            level += 0.5
        share = min(max(level / 10, 0.0), 1.0)
        return item.minimum + round(share * (item.maximum - item.minimum))


SENDERS: Final = {"BJ01": "+12025550199", "NY01": "+12125550199"}


def cast(seed: int, participants: int) -> tuple[Persona, ...]:
    """The participants of a run; the same for the same seed, and the first ones for any number."""
    return tuple(_persona(seed, number) for number in range(1, participants + 1))


def _persona(seed: int, number: int) -> Persona:
    chance = random.Random(f"{seed}:{number}")
    kind = chance.choices(list(USUAL), list(USUAL.values()))[0]
    if number <= len(SPECIAL):
        kind = SPECIAL[number - 1]
    chinese = chance.random() < 0.5
    zones = ("Asia/Shanghai",) if chinese else ("America/New_York", "America/Chicago")
    # Spouses live together and are treated together: the second has the first one's number.
    lives_as = _first_spouse() if kind is Kind.spouse else number
    if kind is Kind.spouse:
        chinese, zones = False, ("America/New_York",)
    return Persona(
        seed=seed,
        number=number,
        kind=kind,
        site="BJ01" if chinese else "NY01",
        language="zh_CN" if chinese else "en",
        zone=chance.choice(zones),
        phone=_phone(lives_as),
        knees="both" if kind is Kind.both_knees else chance.choice(("left", "right")),
        planned_on=FIRST_DAY + EARLIEST_INJECTION + INJECTION_DAYS[(lives_as + 1) % 2],
        usual_pain=chance.uniform(4.0, 6.0),
        benefit=chance.uniform(0.2, 0.65),
    )


def _first_spouse() -> int:
    return SPECIAL.index(Kind.spouse) + 1


def _phone(number: int) -> str:
    """A number that is set aside for fiction and reaches nobody."""
    area, line = divmod(number - 1, NUMBERS_AN_AREA)
    if area >= len(AREA_CODES):
        raise ValueError("There are no more fictitious numbers.")
    return f"+1{AREA_CODES[area]}55501{line:02}"


MOST_PARTICIPANTS: Final = len(AREA_CODES) * NUMBERS_AN_AREA
