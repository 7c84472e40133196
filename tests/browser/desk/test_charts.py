"""Charts as they are looked at: by axe, light and dark, telephone and screen, both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, PHONE, Window
from tests.integration.desk.charting.conftest import follow
from tests.support.databases import Prepared, clone, prepare
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Left, Trial, go_on_with

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

VISIBLE = """() => [...document.querySelectorAll(".figure > svg")]
    .filter((one) => one.getBoundingClientRect().width > 0)
    .map((one) => [one.getAttribute("class"), one.getBoundingClientRect().width,
                   one.viewBox.baseVal.width])"""


PAGES = (
    ("trajectory", "/desk/participants/K-001/trajectory"),
    ("participant", "/desk/participants/K-001"),
    ("groups", "/desk/groups?scale=womac-nrs-3.1/pain"),
)
DRAWN = """() => {
  const shown = [...document.querySelectorAll(".figure > svg")]
      .filter((one) => one.getBoundingClientRect().width > 0);
  const style = (one, name) => getComputedStyle(one)[name];
  const all = (selector, name) => [...new Set(shown.flatMap((one) =>
      [...one.querySelectorAll(selector)].map((each) => style(each, name))))];
  return {
    ink: style(document.body, "color"),
    sizes: [...new Set(shown.map((one) => one.getAttribute("class").split(" ")[1]))],
    strokes: all(".c-line, .c-mark, .c-missing, .c-baseline, .c-threshold, .c-main", "stroke"),
    letters: all("text", "fill"),
    ground: all(".c-hollow, .c-apart", "fill"),
  };
}"""


@pytest.fixture(scope="module")
def followed(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """The trial as it stands six days after week 2."""
    with prepare(server_url, template_database, follow) as made:
        yield made


@pytest.fixture(scope="module")
def followed_url(server_url: str, followed: Prepared[Left]) -> Iterator[str]:
    """A copy of its database."""
    with clone(server_url, followed.database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def lived(followed_url: str, followed: Prepared[Left]) -> AsyncIterator[Trial]:
    """It, with a data manager in each language."""
    async with go_on_with(followed_url, followed.made) as running:
        for language in ("en", "zh_CN"):
            await make_staff(
                running.operator,
                running.study_id,
                login=f"charts-{language.lower()}",
                password=PASSWORD,
                site=None,
                role="data_manager",
                language="zh_CN" if language == "zh_CN" else "en",
                actor=ACTOR,
            )
        yield running


async def sign_in(desk: Window, language: str) -> None:
    """Sign the data manager of a language in."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", f"charts-{language.lower()}")
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_charts_read_well_and_are_drawn_for_the_width_there_is(
    lived: Trial, window: OpenWindow, language: str
) -> None:
    async with window(lived.context.public_url) as desk:
        page = desk.page
        await sign_in(desk, language)
        for name, address in PAGES:
            await desk.go(address)
            for (width, height), css in ((PHONE, "c-slim"), (DESKTOP, "c-wide")):
                await page.set_viewport_size({"width": width, "height": height})
                seen = await page.evaluate(VISIBLE)
                assert seen
                for classes, drawn, letters in seen:
                    assert css in classes
                    # Letters of 12 px are never shown smaller than that.
                    assert drawn >= letters
            await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            await desk.look_over(f"desk-{name}-{language}", "staff")
        assert desk.faults == []


async def test_charts_are_seen_in_forced_colours_and_on_paper(
    lived: Trial, window: OpenWindow
) -> None:
    async with window(lived.context.public_url, forced_colors="active") as desk:
        page = desk.page
        await sign_in(desk, "en")
        for _, address in PAGES:
            await page.emulate_media(forced_colors="active", color_scheme="dark")
            await desk.go(address)
            seen = await page.evaluate(DRAWN)
            # Everything that means something is in the one colour that is sure to be seen.
            assert seen["strokes"] == seen["letters"] == [seen["ink"]], (address, seen)
            assert seen["ink"] not in seen["ground"], (address, seen)
            await page.emulate_media(media="print", forced_colors="none", color_scheme="light")
            printed = await page.evaluate(DRAWN)
            assert printed["sizes"] == ["c-wide"], address
            assert printed["strokes"] == ["rgb(0, 0, 0)"], (address, printed)
            await page.emulate_media(media="screen")
