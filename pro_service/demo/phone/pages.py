"""Renders the phone page and its parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from aiohttp import web

from pro_service.demo.phone.phones import Person
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.times import typed_instant
from pro_service.store.demo.phone import Happening, PhoneText
from pro_service.web.desk.words import Words
from pro_service.web.site import Audience, LanguageCookie, choose_language

LANGUAGE: Final = LanguageCookie("demo_language", "/", 400 * 24 * 3600)
KINDS: Final = ("text", "reply", "answered", "alert", "call", "closing")
"""What is counted after a move, in this order."""
AUDIENCE: Final = Audience(
    package="pro_service.demo.phone",
    catalogue="demo",
    prefix="demo",
    static="/demo/phone/static",
    style="phone.css",
    scripts=("phone.js",),
)
_LINK: Final = re.compile(r"https?://\S+?(/q/\w+)")


class Bubble(NamedTuple):
    """One text as shown: pieces of plain text, and links as (words, address)."""

    id: UUID
    sent: bool
    pieces: tuple[tuple[str, str | None], ...]
    at: str


class Counted(NamedTuple):
    """How many of one kind happened."""

    kind: str
    total: int


def language_of(request: web.Request) -> Language:
    """The language chosen on this device, else the browser's first."""
    return choose_language(request, LANGUAGE)


def bubbles(
    person: Person, words: Words, texts: Sequence[PhoneText], base_url: str
) -> list[Bubble]:
    """Texts as the participant sees them; a link of ours leads to wherever this demo serves."""
    return [
        Bubble(one.id, one.sent, _pieces(one.body, base_url), words.instant(one.at, person.zone))
        for one in texts
    ]


def _pieces(body: str, base_url: str) -> tuple[tuple[str, str | None], ...]:
    pieces: list[tuple[str, str | None]] = []
    end = 0
    for found in _LINK.finditer(body):
        pieces += [(body[end : found.start()], None), (base_url + found[1], found[1])]
        end = found.end()
    return (*pieces, (body[end:], None))


def counted(happenings: Sequence[Happening]) -> list[Counted]:
    """How many of each kind happened, those that did not included."""
    totals = {one.kind: one.total for one in happenings}
    return [Counted(kind, totals.get(kind, 0)) for kind in KINDS]


def detail(words: Words, person: Person, one: Happening) -> str:
    """What a happening was about, in words; empty where its kind says all."""
    if one.kind == "alert":
        return words.rule(person.protocol, one.what)
    if one.kind == "call":
        return words.word("call", one.what)
    if one.kind in ("answered", "closing"):
        return words.visit(person.protocol, one.what, None)
    return ""


def instant_of(text: str | None) -> datetime | None:
    """An aware instant from an address; None for anything else."""
    try:
        at = typed_instant(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
