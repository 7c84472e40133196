"""A telephone's browser, as cheap as it can be: it reads forms by pattern and sends them filled in.

Half of a machine's cores belong to it while it measures the other half; an HTML parser would cost
more than the service.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Final

from tests.benchmarks.measuring.telephone import Telephone

Step = Callable[[float], None]
"""Told how many seconds a step took."""
Seen = Callable[[str, str], None]
"""Shown the address and the text of a page."""
IN_PLACE: Final = {"X-Page": "in-place"}
"""How the pages' script asks: the answer brings the screen after next."""
VALUE: Final = "4"
"""What is answered to everything: no rule of safety is met by it."""
_FORM: Final = re.compile(r'<form\b[^>]*?\baction="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_INPUT: Final = re.compile(r"<input\b([^>]*)>")
_GIVEN: Final = re.compile(r'([\w-]+)(?:="([^"]*)")?')
_AHEAD: Final = re.compile(
    r'<template id="ahead" data-address="([^"]*)">(.*?)</template>', re.DOTALL
)
_WAITS: Final = re.compile(r'<form id="answers"[^>]* data-waits')
_MOST_PAGES: Final = 60


class WalkError(RuntimeError):
    """A page was not the one expected."""


def main_form(page: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Where the page's own form goes and what it sends, everything asked answered alike."""
    shown = page.partition('<template id="ahead"')[0]
    for action, inside in _FORM.findall(shown):
        if action == "/q/language":
            continue
        return unescape(action), _fields(inside)
    return None


def _fields(inside: str) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    asked: dict[str, None] = {}
    for given in _INPUT.findall(inside):
        one = {name: unescape(value) for name, value in _GIVEN.findall(given)}
        name = one.get("name", "")
        if not name:
            continue
        if one.get("type") == "hidden":
            fields.append((name, one.get("value", "")))
        else:
            asked[name] = None
    fields += [(name, "self" if name == "who" else VALUE) for name in asked]
    return fields


def _unseen(_: str, __: str) -> None:
    """Nobody looks."""


async def journey(
    http: Telephone,
    token: str,
    step: Step,
    *,
    scripts: bool,
    seen: Seen = _unseen,
) -> None:
    """From the link to the thanks; `step` is told how long each save took.

    Raises WalkError where a page is not the one expected.
    """
    headers = IN_PLACE if scripts else {}
    link = await http.get(f"/q/{token}")
    seen("/q/link", link.text)
    if link.status != 200:
        raise WalkError(f"the link was answered {link.status}")
    page, address = await _post(http, f"/q/{token}/open", [], {})
    for _ in range(_MOST_PAGES):
        seen(address, page)
        form = main_form(page)
        if address == "/q/thanks":
            return
        if form is None:
            raise WalkError(f"{address} has no form to go on with")
        waits = _WAITS.search(page.partition('<template id="ahead"')[0])
        ahead = _AHEAD.search(page) if scripts and waits is None else None
        said = headers if ahead is None else headers | {"X-Page-Shown": ahead[1]}
        began = time.perf_counter()
        page, address = await _post(http, *form, said)
        if form[0].startswith("/q/s/"):
            step(time.perf_counter() - began)
        if ahead is not None and address == ahead[1]:
            # As the script does: that screen is shown already, and the one after it came.
            page = ahead[2] + page
    raise WalkError(f"the journey did not end; it stood at {address}")


async def _post(
    http: Telephone,
    address: str,
    fields: list[tuple[str, str]],
    headers: dict[str, str],
) -> tuple[str, str]:
    """The page that follows, and its address."""
    answer = await http.post(address, fields, headers)
    if answer.status != 200:
        raise WalkError(f"POST {address}: {answer.status} at {answer.address}")
    return answer.text, answer.headers.get("x-page-address", answer.address)
