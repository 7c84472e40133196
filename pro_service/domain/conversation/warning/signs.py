"""The signs of which a text may warn, and what a language's table of words for them looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

RULE_PREFIX: Final = "text:"
"""Before the sign in the rule of an alert that a text raised; no protocol's rule is called so."""


class Sign(StrEnum):
    """What must be acted on when a participant writes of it.

    The first eight are those of the safety checklist; falls, hospital, death and a further
    injection open the same step as an alert (trial rules R8 and R9). An investigator must confirm
    the list.
    """

    fever = "fever"
    hot_knee = "hot_knee"
    swelling = "swelling"
    weight = "weight"
    """Cannot stand or walk on the leg."""
    discharge = "discharge"
    calf = "calf"
    breath = "breath"
    """Short of breath, or the chest or heart hurts."""
    allergy = "allergy"
    severe_pain = "severe_pain"
    """Sudden, unbearable or fast-growing pain."""
    fall = "fall"
    hospital = "hospital"
    """Hospital, emergency, an operation."""
    collapse = "collapse"
    self_harm = "self_harm"
    death = "death"
    injection = "injection"
    """Another injection than the trial's."""

    @property
    def rule(self) -> str:
        """The rule of the alert it raises: `text:fever`."""
        return f"{RULE_PREFIX}{self.value}"


@dataclass(frozen=True)
class SignWords:
    """The words of one sign in one language: regular expressions, each looked for within a clause.

    `always` warns by itself; `beside` only where the clause names a part of the body or consists of
    such words alone, or where the text holds another sign; `noted` warns of nothing, but whoever
    writes it is read early.
    `denied` are the plain words that a listed short form may deny; `elsewhere` names the parts of
    the body at which the same words mean another sign.
    """

    always: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    elsewhere: str | None = None


@dataclass(frozen=True)
class Tongue:
    """What one language says of signs. Expressions are of folded text."""

    signs: Mapping[Sign, SignWords]
    body: str
    """Parts of the body, and what stands for them ("it")."""
    own: str
    """Says that the writer means themselves, whoever else is named."""
    only: str
    """What may stand between words of signs in a clause of nothing else."""
    harmless: tuple[str, ...]
    """Set phrases with a sign's word that warn of nothing."""
    weather: str
    """A clause with this, and no part of the body, speaks of weather and rooms."""
    others: str
    """A clause that begins so speaks of somebody who cannot be the participant."""
    past: str
    """A clause with this speaks of years ago."""
    clause: str
    """Where a clause ends."""
    denial: tuple[str, ...]
    """The listed short forms; `{word}` is any plain word of a sign. They are the whole clause."""
    calm: str
    """What may stand beside a denial without casting doubt on it: a whole clause."""
    degrees: str
    """A temperature; the group `value` is the number."""
    spelling: Mapping[str, str] = field(default_factory=dict)
    """Characters or words written otherwise, and what they stand for."""
    misspelt: tuple[str, ...] = ()
    """Words also known by a letter more, less, other or swapped."""
    not_misspelt: frozenset[str] = frozenset()
    """Words of their own that look like one of those."""


def any_of(*expressions: str) -> re.Pattern[str]:
    """One expression for any of several; none of none."""
    return re.compile("|".join(f"(?:{one})" for one in expressions) if expressions else r"(?!)")


def spaced(words: str) -> frozenset[str]:
    """Return the words of a text, as they stand apart."""
    return frozenset(words.split())
