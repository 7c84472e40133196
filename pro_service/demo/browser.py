"""A browser without scripts: follows links, fills in forms, keeps cookies. Knows no page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urlsplit

import aiohttp


@dataclass
class PageForm:
    """One form: where it goes and what it would send as it stands."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """Radio buttons by name, in order, chosen or not."""
    entries: list[str] = field(default_factory=list)
    """Names of the fields to type in."""
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """What the field of this name would send."""
        return next((value for known, value in self.fields if known == name), None)

    @property
    def open_choices(self) -> dict[str, list[str]]:
        """The rows of radio buttons none of which is chosen."""
        chosen = {name for name, _ in self.fields}
        return {name: values for name, values in self.choices.items() if name not in chosen}


@dataclass
class Page:
    """What the browser shows."""

    status: int
    path: str
    forms: list[PageForm]
    links: list[tuple[str, str]]
    """Class and address of every link."""

    def form(self, *not_to: str) -> PageForm | None:
        """The first form that goes elsewhere than `not_to`."""
        return next((form for form in self.forms if form.action not in not_to), None)

    def link(self, css_class: str) -> str | None:
        """The address of the first link of a class."""
        return next((href for kind, href in self.links if css_class in kind.split()), None)


_UNSEEN: Final = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>", re.DOTALL)
_TAG: Final = re.compile(
    r"""<(/?form|a|input|button)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE
)
_ATTRIBUTE: Final = re.compile(r"""([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")


def read_page(status: int, path: str, html: str) -> Page:
    """What a page's source shows; it is well-formed, and no other tags are looked at."""
    page = Page(status, path, [], [])
    inside: PageForm | None = None
    for tag, written in _TAG.findall(_UNSEEN.sub("", html)):
        name = tag.lower()
        given = _attributes(written)
        if name == "form":
            inside = PageForm(given.get("action", ""))
            page.forms.append(inside)
        elif name == "/form":
            inside = None
        elif name == "a" and "href" in given:
            page.links.append((given.get("class", ""), given["href"]))
        elif inside is not None and "name" in given:
            _add_control(inside, name, given)
    return page


def _attributes(written: str) -> dict[str, str]:
    """The attributes of a tag; one without a value says nothing more than that it is there."""
    return {name: unescape("".join(values)) for name, *values in _ATTRIBUTE.findall(written)}


def _add_control(form: PageForm, tag: str, given: dict[str, str]) -> None:
    name, value, kind = given["name"], given.get("value", ""), given.get("type", "text")
    if tag == "button":
        form.buttons.append((name, value))
    elif kind == "radio":
        form.choices.setdefault(name, []).append(value)
        if "checked" in given:
            form.fields.append((name, value))
    elif kind == "checkbox":
        if "checked" in given:
            form.fields.append((name, value))
    elif tag == "input":
        form.fields.append((name, value))
        if kind != "hidden":
            form.entries.append(name)


class Browser:
    """One person's browser; `close` it."""

    def __init__(self, *, agent: str) -> None:
        """Make it inside the event loop."""
        # The pages live on a bare address here, whose cookies a jar refuses unless told.
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"User-Agent": agent}
        )
        self._base = ""

    async def open(self, url: str) -> Page:
        """Follow a link, given whole or as a path of the present site."""
        parts = urlsplit(url)
        if parts.netloc:
            self._base = f"{parts.scheme}://{parts.netloc}"
        address = url if parts.netloc else self._base + url
        async with self._session.get(address) as response:
            return await _read(response)

    async def send(self, form: PageForm, *more: tuple[str, str]) -> Page:
        """Send a form as filled in, and follow where it leads."""
        data = [*form.fields, *more]
        async with self._session.post(self._base + form.action, data=data) as response:
            return await _read(response)

    async def close(self) -> None:
        """Release its connections."""
        await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> Page:
    return read_page(response.status, response.url.path, await response.text())
