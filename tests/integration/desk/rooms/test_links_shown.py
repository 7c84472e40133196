"""What a page shows leads somewhere: nothing shown is refused to whoever it was shown to.

Every page that can be reached from the first one is opened as every role, where the participant is
and where they were before; then every form that was shown is sent as it stood. What came meanwhile,
or lacks a word, may stand in the way; that a role may not do it, or that it is not there, never.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.permissions import MAY, Action, Role
from tests.integration.desk.expected import CODE, Place
from tests.integration.desk.test_permissions import moved, seat
from tests.support.desk import other_study, page
from tests.support.forms import PageForm, forms_of
from tests.support.seed import SeededParticipant, SeededStudy
from tests.support.web import browsing

__all__ = ["moved"]

LINK: Final = re.compile(r'<a\b[^>]* href="(/desk[^"#]*)')
PICTURE: Final = re.compile(r'<img\b[^>]* src="(/desk[^"#]*)')
ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
ALIKE: Final = 2
"""Addresses of one kind that are opened: the rest differ by what they are about."""
REFUSED: Final = frozenset({403, 404, 500})
ABOUT_THE_SESSION: Final = ("/desk/sign-out", "/desk/language", "/desk/studies", "/desk/me")


@dataclass
class Walk:
    """One browser's way through the desk: what was opened, what was refused, which forms stood."""

    browser: aiohttp.ClientSession
    opened: dict[str, int] = field(default_factory=dict)
    """How many addresses of each kind."""
    refused: list[str] = field(default_factory=list)
    forms: dict[str, tuple[str, PageForm]] = field(default_factory=dict)
    """By kind: the page it stood on, and the form."""

    async def go(self) -> None:
        """Open everything that can be reached."""
        waiting = [("/desk", "")]
        while waiting:
            path, shown_on = waiting.pop()
            status, html = await page(self.browser, path)
            if status in REFUSED:
                self.refused.append(f"{path} on {shown_on}: {status}")
            for form in forms_of(html):
                self.forms.setdefault(kind_of(form.action), (path, form))
            for link in LINK.findall(html) + PICTURE.findall(html):
                if self._is_new(unescape(link)):
                    waiting.append((unescape(link), path))

    async def send(self) -> None:
        """Send every form as it stood."""
        for shown_on, form in self.forms.values():
            if form.action.startswith(ABOUT_THE_SESSION):
                continue
            data = aiohttp.FormData(form.fields, default_to_multipart=form.multipart)
            async with self.browser.post(form.action, data=data, allow_redirects=False) as answer:
                asked = "/desk/sign-in" in answer.headers.get("Location", "")
                if asked or answer.status in REFUSED:
                    self.refused.append(f"POST {form.action} on {shown_on}: {answer.status}")

    def _is_new(self, link: str) -> bool:
        kind = kind_of(link)
        self.opened[kind] = self.opened.get(kind, 0) + 1
        return self.opened[kind] <= ALIKE


def kind_of(address: str) -> str:
    """What an address is, whatever it is about."""
    parts = urlsplit(address)
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{ID.sub('{id}', parts.path)}?{'&'.join(names)}"


@pytest.mark.parametrize("place", ["here", pytest.param("formerly", marks=pytest.mark.thorough)])
async def test_nothing_is_shown_that_is_refused(
    study: SeededStudy, moved: SeededParticipant, server: TestServer, place: Place
) -> None:
    other = await other_study(study)
    found: dict[Role, Walk] = {}
    for role in Role:
        async with browsing(server) as browser:
            await seat(study, browser, role, place, other)
            found[role] = walk = Walk(browser)
            await walk.go()
            await walk.send()
    assert {role: walk.refused for role, walk in found.items() if walk.refused} == {}
    sees = f"/desk/participants/{CODE}?"
    assert {role for role, walk in found.items() if sees in walk.opened} == MAY[
        Action.see_participants
    ]
    if place == "here":
        kinds = {"/desk/alerts/{id}/seen?", "/desk/calls/{id}?"}
        care = found[Role.coordinator]
        assert kinds <= care.opened.keys() | care.forms.keys()
