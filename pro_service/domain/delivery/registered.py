"""Texts that a provider takes only as a template it approved beforehand (mainland China).

Such a text is one indivisible template with a few plain values, under a registered signature: so
one key stands for every combination that can occur. Pure; what is refused in a country is data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

from pro_service.domain.delivery.segments import segments
from pro_service.domain.delivery.templates import is_too_long
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.record import Record
from pro_service.domain.tables.characters import has_control

Base = Literal["card", "unsent"]
"""Come to the address on the card to answer; or to send what is answered."""
FIRST: Final = "first"
"""The first text to a participant: it says how to stop."""
FOR: Final = "for"
"""To a telephone of several, or of somebody else: it says whose card is meant."""
KEYS: Final = tuple(
    ".".join(part for part in (base, *marks) if part)
    for base, *marks in product(get_args(Base), ("", FOR), ("", FIRST))
)
VALUES: Final[dict[str, str]] = {"start": "K7P"}
"""What a template may leave open, with an example: how the code on the card meant begins."""
TEMPLATE_OF: Final[dict[str, str]] = {"card": "reminder.card", "unsent": "reminder.card_unsent"}
"""As what texts of a base are counted and shown."""
LONGEST_TEMPLATE: Final = 500
LONGEST_VALUE: Final = 35
LONGEST_SIGNATURE: Final = 18
_BLANK: Final = re.compile(r"\{([a-z_]*)\}")
_BRACKETS: Final = re.compile(r"[【】〖〗〔〕\[\]{}<>]")
_LINK: Final = re.compile(r"https?:|www\.", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"[a-z0-9\u4e00-\u9fff-]\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}", re.IGNORECASE
)
"""Where a value might lead: a name with its domain, or four numbers."""
_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s\-_.·]+(?=\d)")
_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")


class RegisteredValueError(ProServiceError):
    """A value would not be taken by the provider: a link, a bracket, a mobile number, too long."""


class Template(Record):
    """A template as somebody wrote it down: what was approved, and under which signature."""

    key: str
    language: Language
    code: str
    signature: str
    words: str
    """With `{name}` for each value."""
    variables: tuple[str, ...] = ()
    """The names in the order in which the provider numbers them."""
    approved_on: date
    retired_on: date | None = None


class Registration(Record):
    """A template in force, as it is stored."""

    id: UUID
    key: str
    language: Language
    code: str
    signature: str
    words: str
    variables: tuple[str, ...]


class Filled(NamedTuple):
    """A registered text to be sent: what the participant reads, and what is handed over."""

    body: str
    parameters: tuple[tuple[str, str], ...]


def registered_key(base: Base, *, shared: bool, first: bool) -> str:
    """The key of the combination that is to be said."""
    return ".".join((base, *((FOR,) if shared else ()), *((FIRST,) if first else ())))


def wrong_value(value: str) -> str | None:
    """Say why a provider would refuse a value; None: it takes it.

    Read as a telephone shows it: full-width digits and dots count as plain ones, and digits written
    in groups as one number.
    """
    seen = _as_seen(value)
    if not value.strip() or len(value) > LONGEST_VALUE:
        return f"has not 1 to {LONGEST_VALUE} characters"
    if _LINK.search(seen) or _ADDRESS.search(seen):
        return "holds a link"
    if _BRACKETS.search(value + seen) or "\n" in value:
        return "holds a bracket or a line's end"
    if not value.isprintable():
        return "holds what no telephone shows"
    mobile = _MOBILE.search(_BETWEEN_DIGITS.sub("", seen))
    return "holds a mobile number" if mobile else None


def _as_seen(value: str) -> str:
    plain = unicodedata.normalize("NFKC", value).replace("。", ".")
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in plain)


def fill(registration: Registration, values: Mapping[str, str]) -> Filled:
    """The text, its signature before it. Raises RegisteredValueError."""
    parameters = tuple((name, values[name]) for name in registration.variables)
    for name, value in parameters:
        why = wrong_value(value)
        if why is not None:
            raise RegisteredValueError(f"The value {name} {why}.")
    return Filled(shown(registration.signature, registration.words, dict(parameters)), parameters)


def shown(signature: str, words: str, values: Mapping[str, str]) -> str:
    """Words under their signature as a telephone shows them, and as segments are counted."""
    return f"【{signature}】{_BLANK.sub(lambda found: values[found[1]], words)}"


def is_signature(text: str) -> bool:
    """Whether this can be a registered signature: short, a name, and no number."""
    named = any(one.isalpha() for one in text) and not has_control(text)
    return named and 2 <= len(text) <= LONGEST_SIGNATURE and not _BRACKETS.search(text)


def blanks(words: str) -> list[str]:
    """The names of the values that words leave open, each once, in their order."""
    return list(dict.fromkeys(_BLANK.findall(words)))


def template_problems(template: Template, *, address: str) -> list[str]:
    """Everything wrong with a template, in words; nothing: it may be stored.

    `address` is the public one of the card, the only link its fixed words may hold.
    """
    if template.key not in KEYS:
        return [f"key: {template.key} is none; there are {', '.join(KEYS)}"]
    found = []
    named = blanks(template.words)
    shared = FOR in template.key.split(".")
    if any(name not in VALUES for name in named):
        found.append(f"words: may leave open only {', '.join(VALUES)}")
    elif shared != ("start" in named):
        found.append(
            "words: must say whose card is meant with {start}"
            if shared
            else "words: {start} is for keys with `.for` alone"
        )
    if sorted(named) != sorted(template.variables):
        found.append("variables: must name exactly what the words leave open, in order")
    fixed = _BLANK.sub("", template.words)
    if _LINK.search(fixed.replace(address, "")):
        found.append(f"words: may hold no link but {address}")
    if _BRACKETS.search(fixed) or "\n" in fixed:
        found.append("words: hold a bracket or a line's end")
    if not template.words.strip() or len(template.words) > LONGEST_TEMPLATE:
        found.append(f"words: have not 1 to {LONGEST_TEMPLATE} characters")
    if not is_signature(template.signature):
        found.append(f"signature: has not 2 to {LONGEST_SIGNATURE} characters without brackets")
    if not template.code.strip():
        found.append("code: is empty")
    if template.retired_on is not None and template.retired_on < template.approved_on:
        found.append("retired_on: lies before approved_on")
    if not found:
        counted = segments(shown(template.signature, template.words, VALUES))
        if is_too_long(TEMPLATE_OF[template.key.partition(".")[0]], counted):
            found.append(f"words: cost {counted.segments} segments with the signature")
    return found
