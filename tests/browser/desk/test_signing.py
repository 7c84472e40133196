"""A visit signed by an investigator and a participant locked, as seen in both languages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, Window
from tests.integration.desk.signing.conftest import close_baseline
from tests.support.databases import Prepared, clone, prepare
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Left, Trial, go_on_with

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("Signed, and stands", "It was locked."),
    "zh_CN": ("已签名，有效", "已锁定。"),
}
CODES = {"en": "K-001", "zh_CN": "K-002"}


@pytest.fixture(scope="module")
def closed(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """A trial whose baseline has closed."""
    with prepare(server_url, template_database, close_baseline) as made:
        yield made


@pytest.fixture(scope="module")
def own_database(server_url: str, closed: Prepared[Left]) -> Iterator[str]:
    """A copy of these tests alone."""
    with clone(server_url, closed.database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def trial(own_database: str, closed: Prepared[Left]) -> AsyncIterator[Trial]:
    """It goes on, with an investigator a language."""
    async with go_on_with(own_database, closed.made) as running:
        for language in SAID:
            await make_staff(
                running.operator,
                running.study_id,
                login=f"iris-{language.lower()}",
                password=PASSWORD,
                site="BJ01",
                role="investigator",
                language="zh_CN" if language == "zh_CN" else "en",
                actor=ACTOR,
            )
        yield running


async def wide(window: Window, name: str) -> None:
    """Look a page of the desk over, and go on at its usual width."""
    await window.look_over(name, "staff")
    await window.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


@pytest.mark.parametrize("language", list(SAID))
async def test_what_has_closed_is_signed_and_locked(
    trial: Trial, window: OpenWindow, language: str
) -> None:
    signed, locked = SAID[language]
    code = CODES[language]
    async with window(trial.context.public_url) as staff:
        await staff.go("/desk/sign-in")
        await staff.page.fill("#login", f"iris-{language.lower()}")
        await staff.page.fill("#password", PASSWORD)
        await staff.press("form button.main")
        # Counted behind the page, beside a link that is there without scripts, too.
        to_sign = staff.page.locator("#to-sign a[href='/desk/signing']")
        await expect(to_sign).to_contain_text(re.compile("[0-9]"))
        await staff.go("/desk/signing")
        await wide(staff, f"to-sign-{language}")
        await staff.press(f"a:text('{code}')")
        await wide(staff, f"signing-{language}")
        await staff.press("ul.work a")
        await wide(staff, f"signing-content-{language}")
        await staff.page.check("[value=reviewed]")
        await staff.page.fill("[name=name]", "Iris Lin")
        await staff.page.fill("[name=password]", PASSWORD)
        await staff.press("#sign button.main")
        assert signed in await staff.page.inner_text("#signatures")
        await staff.go(f"/desk/locks?scope=participant&participant={code}")
        await staff.page.fill("#set [name=reason]", "interim")
        await staff.press("#set button.main")
        await wide(staff, f"lock-look-{language}")
        await staff.press("form.stack button.main")
        assert locked in await staff.page.inner_text("[role=status]")
        await wide(staff, f"locks-{language}")
        await staff.go(f"/desk/participants/{code}")
        await wide(staff, f"signed-participant-{language}")
        assert staff.faults == [], "\n".join(staff.faults)
