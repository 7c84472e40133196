"""A passkey made in a real browser, by a device of its own, is the second step of signing in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pyotp
import pytest
import pytest_asyncio

from pro_service.domain.study.permissions import Role
from pro_service.services.desk.sign_in import Door
from pro_service.services.study.staff import make_staff
from pro_service.store.pools import connect, open_pools
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.seed import ACTOR, SeededStudy, make_context, seed_study
from tests.support.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

LOGIN: Final = "anna"
DEVICE: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of this test alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def named(own_database: str) -> AsyncIterator[SeededStudy]:
    """A served study with a name as its address, that demands a second step of coordinators."""
    context = make_context()
    owner = await connect(own_database, role="pro_owner", actor="test:owner")
    try:
        study = await seed_study(owner, context)
        await make_staff(
            owner,
            study.id,
            login=LOGIN,
            password=PASSWORD,
            site="S1",
            role="coordinator",
            actor=ACTOR,
        )
        pools = await open_pools(own_database)
        door = Door(frozenset({Role.coordinator}))
        async with pools, serving(pools, context, door=door) as server:
            context.public_url = f"http://localhost:{server.port}"
            yield study
    finally:
        await owner.close()


async def give_password(desk: Window) -> None:
    """The first step of signing in."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", LOGIN)
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


async def test_a_passkey_is_made_used_and_ended(named: SeededStudy, window: OpenWindow) -> None:
    async with window(named.context.public_url) as desk:
        page = desk.page
        client = await desk.context.new_cdp_session(page)
        await client.send("WebAuthn.enable")
        await client.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        await give_password(desk)
        totp = pyotp.TOTP(await page.inner_text("strong.secret"))
        now = await named.owner.fetchval("SELECT clock_timestamp()")
        await page.fill("#code", totp.generate_otp(totp.timecode(now)))
        await desk.press("form button.main")
        await desk.go("/desk/me/passkeys")
        await page.locator("[data-ask]").wait_for(state="visible")
        await desk.look_over("passkey-new-en", "staff")
        await page.fill("#name", "the clinic's computer")
        await desk.press("[data-ask]")
        assert await page.inner_text(".said") == "The passkey was added."
        assert "the clinic's computer" in await page.inner_text("#passkeys")
        await desk.look_over("me-with-passkey-en", "staff")

        await desk.press('form[action="/desk/sign-out"] button')
        await give_password(desk)
        await page.locator("[data-ask]").wait_for(state="visible")
        await desk.look_over("second-step-by-passkey-en", "staff")
        await desk.press("[data-ask]")
        assert "What to do now" in await page.inner_text("main")
        assert await named.owner.fetchval("SELECT count(*) FROM pro.person_passkey_uses") == 2
        await desk.go("/desk/me")
        await desk.press('form[action="/desk/me/passkeys/end"] button')
        assert await page.inner_text(".said") == "The passkey opens nothing any more."
        assert desk.faults == []
