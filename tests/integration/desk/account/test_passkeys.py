"""Passkeys: made by who has codes, a second step, ended; and recovery codes renewed alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.account.codes import recovery_sha256
from pro_service.services.desk.account.passkeys import Party, party_of
from pro_service.services.study.accounts import reset_factor
from pro_service.store.pools import Pools
from tests.integration.desk.account.test_factor import DEMANDED, NOW, SECOND, set_up
from tests.integration.desk.account.test_proving import stale
from tests.support.desk import PASSWORD, page, press, seed_staff, sign_in
from tests.support.record.authenticator import Device
from tests.support.seed import SeededStudy
from tests.support.web import browsing, serving

ORIGIN = "http://desk.example.org"
"""A name; without TLS, for the tests' browser keeps no cookie of another."""
KEYS = "/desk/me/passkeys"


@pytest.fixture
async def server(pools: Pools, context: ServiceContext) -> AsyncIterator[TestServer]:
    """A desk with a name, that demands a second factor of coordinators."""
    async with serving(pools, context, door=DEMANDED) as running:
        context.public_url = ORIGIN
        yield running


def options_in(html: str) -> str:
    """What the page's script asks the device."""
    found = re.search(r'data-passkey="([^"]+)"', html)
    assert found is not None
    return unescape(found[1])


async def make(browser: aiohttp.ClientSession, device: Device) -> tuple[int, str]:
    """Add a key of a device."""
    _, html = await page(browser, KEYS)
    answer = device.make(options_in(html))
    return await press(browser, html, KEYS, credential=answer, name="the clinic's key")


async def test_a_key_is_the_second_step_once_a_challenge_until_it_is_ended(
    study: SeededStudy,
    browser: aiohttp.ClientSession,
    server: TestServer,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study)
    await set_up(browser, owner)
    device = Device(ORIGIN, "desk.example.org")
    for wrong in (Device("http://desk.example.com", device.rp_id), Device(ORIGIN, "example.com")):
        status, html = await make(browser, wrong)
        assert (status, "This passkey was not taken." in html) == (422, True)
    status, html = await make(browser, device)
    assert (status, "The passkey was added." in html) == (200, True)
    assert "the clinic&#39;s key" in html

    async with browsing(server) as other:
        _, html = await sign_in(other)
        spent = html
        answer = device.sign(options_in(html))
        for broken in (answer.replace('"type": "public-key"', '"type": "x"'), "{}", "nothing"):
            status, html = await press(other, spent, SECOND, credential=broken, code="")
            assert (status, "not one of yours" in html) == (422, True)
        stranger = Device(ORIGIN, device.rp_id).sign(options_in(spent))
        status, html = await press(other, spent, SECOND, credential=stranger, code="")
        assert status == 422
        status, html = await press(other, spent, SECOND, credential=answer, code="")
        assert (status, NOW in html) == (200, True)
    async with browsing(server) as again:
        _, html = await sign_in(again)
        # Of another session, and of a copy of the key that counts no further.
        status, html = await press(again, html, SECOND, credential=answer, code="")
        assert status == 422
        copied = device.sign(options_in(html), counts=False)
        status, html = await press(again, html, SECOND, credential=copied, code="")
        assert status == 422
        assert await owner.fetchval("SELECT count(*) FROM pro.person_passkey_uses") == 2
        status, html = await press(
            again, html, SECOND, credential=device.sign(options_in(html)), code=""
        )
        assert (status, NOW in html) == (200, True)
        _, html = await page(again, "/desk/me")
        status, html = await press(again, html, f"{KEYS}/end")
        assert (status, "opens nothing any more" in html) == (200, True)
    async with browsing(server) as later:
        _, html = await sign_in(later)
        assert "data-passkey" not in html


async def test_a_reset_takes_the_keys_along_and_recovery_codes_are_renewed_alone(
    study: SeededStudy,
    browser: aiohttp.ClientSession,
    server: TestServer,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study)
    secret, former = await set_up(browser, owner)
    await make(browser, Device(ORIGIN, "desk.example.org"))
    _, html = await page(browser, "/desk/me")
    status, html = await press(browser, html, "/desk/me/recovery")
    renewed = re.findall(r"<code>([A-Z0-9-]{14})</code>", html)
    assert (status, len(renewed), set(renewed) & set(former)) == (200, 10, set())
    ends = await owner.fetch("SELECT why FROM pro.person_factor_ends")
    assert [one["why"] for one in ends] == ["renewed"]
    kept = await owner.fetchval("SELECT recovery_sha256 FROM pro.present_factors")
    assert kept == [recovery_sha256(one) for one in renewed]
    async with browsing(server) as other:
        _, html = await sign_in(other)
        assert "data-passkey" in html
        status, html = await press(other, html, SECOND, code=former[0])
        assert status == 422
        status, html = await press(other, html, SECOND, code=renewed[0])
        assert (status, NOW in html) == (200, True)
    assert secret
    await reset_factor(owner, login="anna", actor="cli:test", reason="lost")
    assert await owner.fetchval("SELECT count(*) FROM pro.present_passkeys") == 0
    assert await owner.fetch("SELECT * FROM pro.list_passkeys($1)", uuid4()) == []


async def test_a_key_in_place_of_a_code_proves_anew_who_one_is(
    study: SeededStudy,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study)
    await set_up(browser, owner)
    device = Device(ORIGIN, "desk.example.org")
    await make(browser, device)
    await stale(owner, 16)
    _, asked = await page(browser, KEYS)
    assert "Is it still you?" in asked
    answer = device.sign(options_in(asked))
    stranger = Device(ORIGIN, device.rp_id).sign(options_in(asked))
    # With the password, never without it; and once.
    for password, signed, says in (
        (PASSWORD, stranger, "not one of yours"),
        ("wrong words here", answer, "This is not your password"),
    ):
        proof = {"proof_password": password, "proof_credential": signed, "proof_code": ""}
        status, html = await press(browser, asked, "/desk/prove", **proof)
        assert (status, says in html) == (422, True)
    proof = {"proof_password": PASSWORD, "proof_credential": answer, "proof_code": ""}
    status, html = await press(browser, asked, "/desk/prove", **proof)
    assert (status, "Make it" in html) == (200, True)
    await stale(owner, 16)
    status, html = await press(browser, asked, "/desk/prove", **proof)
    assert (status, "not one of yours" in html) == (422, True)


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://desk.example.org/", Party("desk.example.org", "https://desk.example.org")),
        ("http://localhost:8080", Party("localhost", "http://localhost:8080")),
        ("http://127.0.0.1:8080", None),
        ("https://[::1]", None),
    ],
)
def test_keys_are_for_a_name_and_never_for_a_number(address: str, party: Party | None) -> None:
    assert party_of(address) == party
