"""One Chromium for all these tests, and windows in it; the application runs in the same loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.phones import Study, open_study
from tests.browser.window import PATIENCE_MS, Window, open_window
from tests.support.databases import clone
from tests.support.study import Trial, open_trial, row

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first costs a third less: it draws no frame of its own around the pages."""
ARGUMENTS: Final = (
    "--no-sandbox",  # Continuous integration runs as root.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # One process and one thread for what is drawn and run: a fifth less of the processor, and the
    # cores are wanted by other tests.
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process",
    "--num-raster-threads=1",
    "--js-flags=--single-threaded",
    "--disable-software-rasterizer",
    "--disable-lcd-text",
    "--disable-partial-raster",
    "--disable-threaded-animation",
    "--disable-threaded-scrolling",
)
UNMET: Final = {
    "en": [f"N-{number:03}" for number in range(11, 31)],
    "zh_CN": [f"N-{number:03}" for number in range(31, 41)],
}
"""Participants by language of whom each test that changes one takes its own."""
OpenWindow = Callable[..., AbstractAsyncContextManager[Window]]
Newcomer = Callable[[str], str]


@pytest.fixture(scope="package")
def chromium_path() -> str:
    """Where Chromium is. Without it these tests are skipped, unless PRO_REQUIRE_BROWSER is set."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is not None:
        return path
    missing = (
        "Chromium is not installed (Debian: apt-get install chromium-headless-shell fonts-noto-cjk)"
    )
    if os.environ.get("PRO_REQUIRE_BROWSER"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chromium(chromium_path: str) -> AsyncIterator[Browser]:
    """The browser."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, args=list(ARGUMENTS)
        )
        yield browser
        await browser.close()


@pytest.fixture
def window(chromium: Browser) -> OpenWindow:
    """Opens a window of its own: cookies of nobody else, nothing remembered."""

    def opened(base: str, **options: object) -> AbstractAsyncContextManager[Window]:
        return open_window(chromium, base, **options)

    return opened


@pytest.fixture(scope="package")
def package_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database shared by the tests of this folder."""
    with clone(server_url, template_database) as url:
        yield url


@pytest.fixture(scope="package")
def study_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database for `study`."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def study(study_database: str) -> AsyncIterator[Study]:
    """A served study to which each test adds the participant it needs."""
    async with open_study(study_database) as served:
        yield served


@pytest.fixture(scope="package")
def crowd_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database for `crowd`."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def trial(package_database: str) -> AsyncIterator[Trial]:
    """A running study for the desk: six participants have just received their first link."""
    languages = {"K-001": "en", "K-002": "zh_CN", "K-003": "en", "K-004": "en", "K-005": "en"}
    async with open_trial(package_database) as running:
        await ask_all(running, languages | {"K-006": "zh_CN"})
        yield running


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def crowd(crowd_database: str) -> AsyncIterator[Trial]:
    """A running study of whose participants each test takes its own (`newcomer`)."""
    async with open_trial(crowd_database) as running:
        await ask_all(running, {code: one for one, codes in UNMET.items() for code in codes})
        yield running


async def ask_all(trial: Trial, languages: dict[str, str]) -> None:
    """Enrol participants, who each receive the link to their first questions."""
    people = (row(code, channel="link", language=one) for code, one in languages.items())
    await trial.enrol(*people)
    await trial.ask()


@pytest.fixture(scope="package")
def newcomer() -> Newcomer:
    """Gives the code of one of `crowd` who speaks a language and whom no test has met.

    Tests share one study and come in any order: what one does to its participant, none other finds.
    """
    unmet = {language: iter(codes) for language, codes in UNMET.items()}
    return lambda language: next(unmet[language])
