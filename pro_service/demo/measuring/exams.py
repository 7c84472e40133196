"""When simulated participants are examined, in the clinic and by images. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from pro_service.demo.personas import Persona
from pro_service.domain.study.facts import KNEES, Target
from pro_service.domain.study.times import add_months

BEFORE_INJECTION: Final = "injection"
FOLLOW_UPS: Final = {"month_6": 6, "month_12": 12}
"""Visits with images after the injection, and how many months after it they aim at."""
EARLIEST: Final = timedelta(days=14)
"""An appointment is so long before the visit's day at most: the questionnaires open then."""
SPREAD_DAYS: Final = 7
"""Appointments are spread over so many days, so that none is within a week of the visit's day."""
MOST_BEFORE: Final = 3
"""Before the injection images are taken on its day or less than so many days before it."""


@dataclass(frozen=True)
class Examinee:
    """A participant as whoever examines them knows them."""

    persona: Persona
    screened_on: date
    injected_on: date | None
    """None: not injected."""
    dead: bool

    @property
    def knees(self) -> tuple[Target, ...]:
        """The treated knees."""
        knees = self.persona.knees
        return tuple(one for one in KNEES if knees in ("both", one.removesuffix("_knee")))


class Exam(NamedTuple):
    """Images of a knee, taken on a day for a visit."""

    examinee: Examinee
    visit: str
    knee: Target
    day: date

    @property
    def name(self) -> tuple[str, str, str]:
        """Names it in draws, wherever the calendar of the run begins."""
        return self.examinee.persona.code, self.visit, self.knee


def appointment(persona: Persona, injected_on: date, visit: str) -> date:
    """The day on which a participant comes for the images of a follow-up visit."""
    place = persona.draw("appointment", visit).randrange(SPREAD_DAYS)
    return add_months(injected_on, FOLLOW_UPS[visit]) - EARLIEST + timedelta(days=place)


def clinic_days(examinee: Examinee, until: date) -> Iterator[tuple[str, date]]:
    """The visits a participant has come to for clinic measures before a day, each with its day."""
    yield "screening", examinee.screened_on
    if examinee.injected_on is None or examinee.dead:
        return
    for visit in FOLLOW_UPS:
        day = appointment(examinee.persona, examinee.injected_on, visit)
        if day < until:
            yield visit, day


def exams_of(examinee: Examinee, until: date) -> Iterator[Exam]:
    """Every examination of a participant before a day, in order."""
    if examinee.injected_on is None:
        return
    before = examinee.persona.draw("imaging").randrange(MOST_BEFORE)
    days = [(BEFORE_INJECTION, examinee.injected_on - timedelta(days=before))]
    days += [one for one in clinic_days(examinee, until) if one[0] in FOLLOW_UPS]
    for visit, day in days:
        for knee in examinee.knees:
            yield Exam(examinee, visit, knee, day)
