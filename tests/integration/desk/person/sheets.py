"""Small forms filled in as a browser does: the form, what it would change, and done."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import aiohttp

from tests.support.desk import page
from tests.support.forms import form_to
from tests.support.study import Trial

PAGE = "/desk/participants/K-001"
Filled: TypeAlias = Mapping[str, str | Sequence[str]]


async def send(
    desk: aiohttp.ClientSession, html: str, address: str, filled: Filled
) -> tuple[int, str]:
    """Send the form of a page, with some fields filled in; status and the page it leads to."""
    fields = [one for one in form_to(html, address).fields if one[0] not in filled]
    for name, value in filled.items():
        fields += [(name, value)] if isinstance(value, str) else [(name, one) for one in value]
    async with desk.post(address, data=fields) as answer:
        return answer.status, await answer.text()


async def fill(
    desk: aiohttp.ClientSession, name: str, **filled: str | Sequence[str]
) -> tuple[int, str]:
    """Open a form on K-001's page and send it: what follows is a preview, or it is done."""
    status, html = await page(desk, f"{PAGE}/{name}")
    assert status == 200, html
    place = filled.get("contact")
    if isinstance(place, str):
        filled["contact"] = contact_at(html, place)
    return await send(desk, html, f"{PAGE}/{name}", filled)


def contact_at(html: str, place: str) -> str:
    """What a form sends for the contact it shows at a place of the order."""
    found = re.search(rf'<option value="([0-9a-f-]+)"[^>]*>{place}\. ', html)
    assert found is not None, html
    return found[1]


async def confirm(desk: aiohttp.ClientSession, html: str, name: str) -> tuple[int, str]:
    """Do what a preview shows."""
    return await send(desk, html, f"{PAGE}/{name}", {"step": "do"})


async def do(
    desk: aiohttp.ClientSession, name: str, **filled: str | Sequence[str]
) -> tuple[int, str]:
    """The whole way of a form that shows first what it changes."""
    status, html = await fill(desk, name, **filled)
    assert status == 200, html
    return await confirm(desk, html, name)


def said(html: str) -> str:
    """The one sentence that says what was done."""
    found = re.search(r'role="status">([^<]*)<', html)
    return "" if found is None else found[1]


def problem(html: str) -> str:
    """What the page says is wrong, without its links."""
    found = re.search(r'role="alert".*?</div>', html, re.DOTALL)
    return "" if found is None else re.sub(r"<[^>]*>|\s+", " ", found[0])


async def by_staff(trial: Trial, table: str, login: str = "anna") -> int:
    """How many rows of a table the desk made under a name."""
    return await trial.count(table, f"actor = 'staff:{login}'")
