"""Renders the phone page and its parts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from importlib.resources import files
from typing import Any, Final, NamedTuple
from uuid import UUID

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from pro_service.demo.phone.phones import Person
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.store.demo.phone import Happening, PhoneText
from pro_service.texts.demo import load_demo_texts
from pro_service.web.desk.pages import HTML_LANGUAGES
from pro_service.web.desk.words import Words

LANGUAGE_COOKIE: Final = "demo_language"
KINDS: Final = ("text", "reply", "answered", "alert", "call", "closing")
"""What is counted after a move, in this order."""
STATIC: Final = {"phone.css": "text/css", "phone.js": "text/javascript"}
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


class DemoPages:
    """Templates, words and static files of the demo's pages, made once."""

    def __init__(self) -> None:
        """Read everything."""
        package = "pro_service.demo.phone"
        self._texts = load_demo_texts()
        self._environment = Environment(
            loader=PackageLoader(package),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.static: dict[str, tuple[bytes, str]] = {}
        self._addresses: dict[str, str] = {}
        for name, content_type in STATIC.items():
            content = files(package).joinpath("static", name).read_bytes()
            # The name changes with the content, so a browser may keep the file for good.
            stem, _, ending = name.partition(".")
            hashed = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{ending}"
            self.static[hashed] = (content, content_type)
            self._addresses[name] = f"/demo/phone/static/{hashed}"

    def text(self, language: Language, key: str, **parameters: object) -> str:
        """A text of the demo by its key without `demo.`."""
        return self._texts.text(f"demo.{key}", language, **parameters)

    def fragment(self, template: str, language: Language, **values: Any) -> str:
        """A template in the reader's language, whole page or part."""
        return self._environment.get_template(template).render(
            t=partial(self.text, language),
            language=language,
            html_language=HTML_LANGUAGES[language],
            html_languages=HTML_LANGUAGES,
            other_languages=[one for one in LANGUAGES if one != language],
            style=self._addresses["phone.css"],
            script=self._addresses["phone.js"],
            **values,
        )


def language_of(request: web.Request) -> Language:
    """The language chosen on this device, else the browser's first."""
    for one in LANGUAGES:
        if one == request.cookies.get(LANGUAGE_COOKIE):
            return one
    accepted = request.headers.get("Accept-Language", "")
    return "zh_CN" if re.match(r"\s*zh\b", accepted, re.IGNORECASE) else "en"


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
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
