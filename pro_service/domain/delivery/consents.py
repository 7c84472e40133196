"""What holds for every consent that is written down: the day it was signed, and its version (R25).

A consent is a fact about the past: one signed on a day to come would be in force before anybody
agreed to anything. Enrolment, a further contact and what a contact agrees to ask the same rule.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables.characters import same_hyphens

EARLIEST_CONSENT: Final = date(2000, 1, 1)
"""Nobody consented to a study of this kind before; an earlier day is a slip of the pen."""
LONGEST_VERSION: Final = 40
"""Characters of a consent form's version: its number, its day, a letter of the site."""
_VERSION: Final = re.compile(rf"\w[\w .,:;/()+#-]{{0,{LONGEST_VERSION - 1}}}")

Whose = Literal["participant", "contact"]


class ConsentDayError(ProServiceError):
    """A consent cannot have been signed on this day."""

    def __init__(self, whose: Whose, word: str) -> None:
        """Keep whose consent it is, and the word for what is wrong with the day."""
        mend = {
            "future": "It lies in the future; consent comes before what it allows.",
            "early": f"It lies before {EARLIEST_CONSENT.year}; look it up.",
        }
        super().__init__(mend=mend[word], word=word)
        self.whose: Whose = whose


def wrong_day(signed_on: date, today: date) -> Literal["future", "early"] | None:
    """Say what is wrong with the day a consent was signed; None: nothing.

    `today` is the day where the participant lives.
    """
    if signed_on > today:
        return "future"
    return "early" if signed_on < EARLIEST_CONSENT else None


def check_day(whose: Whose, signed_on: date | None, today: date) -> None:
    """Refuse a day on which nobody can have signed; None: nothing was. Raises ConsentDayError."""
    wrong = None if signed_on is None else wrong_day(signed_on, today)
    if wrong is not None:
        raise ConsentDayError(whose, wrong)


def is_version(text: str) -> bool:
    """Whether this can be the version of a consent form: short, of letters, digits and marks."""
    return _VERSION.fullmatch(same_hyphens(text)) is not None
