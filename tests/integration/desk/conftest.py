"""A browser at the desk."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.desk import seed_staff, sign_in
from tests.support.seed import SeededStudy


@pytest.fixture
async def desk(study: SeededStudy, browser: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A browser in which a coordinator of S1 is signed in."""
    await seed_staff(study)
    status, _ = await sign_in(browser)
    assert status == 200
    return browser
