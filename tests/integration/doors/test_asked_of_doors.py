"""What a standard asks of the doors beside what other tests show (OWASP ASVS 5.0)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.support.desk import page, seed_staff, sign_in
from tests.support.seed import SeededParticipant, SeededStudy
from tests.support.web import browsing

ROOMS = ("/desk", "/desk/participants", "/desk/texts", "/desk/participants/P-001", "/desk/me")


async def test_a_password_is_typed_unseen_and_a_program_may_fill_it_in(server: TestServer) -> None:
    async with browsing(server) as browser:
        _, html = await page(browser, "/desk/sign-in")
    field = re.search(r"<input[^>]*name=\"password\"[^>]*>", html)
    assert field is not None
    assert 'type="password"' in field[0]
    assert 'autocomplete="current-password"' in field[0]
    for hindrance in ("onpaste", "maxlength", 'autocomplete="off"', "readonly"):
        assert hindrance not in field[0]


async def test_every_room_has_the_way_out(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(participant.study)
    await sign_in(browser)
    for path in ROOMS:
        status, html = await page(browser, path)
        assert (status, 'action="/desk/sign-out"' in html) == (200, True), path


@pytest.mark.parametrize("path", ["/q/static/", "/desk/static/", "/q/static/..%2f..%2fsite.py"])
async def test_a_folder_is_no_page(server: TestServer, path: str) -> None:
    async with browsing(server) as browser, browser.get(path) as response:
        # Nothing of it: the page that says so, or the one that leads to signing in.
        assert "<main" in await response.text()
        assert response.status == 404 or response.url.path == "/desk/sign-in"


async def test_a_search_is_for_text_and_never_a_pattern(
    study: SeededStudy, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study)
    await sign_in(browser)
    for typed in ("%", "_", "P-00_", ".*"):
        _, html = await page(browser, f"/desk/participants?code={typed}")
        assert "P-001" not in html, typed


def test_a_line_break_makes_no_further_header_of_a_letter() -> None:
    mail = EmailMessage()
    with pytest.raises(ValueError, match="linefeed"):
        mail["Subject"] = "Alert\r\nBcc: everybody@example.org"
    assert message_from_bytes(mail.as_bytes())["Bcc"] is None
