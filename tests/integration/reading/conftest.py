"""A trial in which six people were injected and their knees imaged, lived once and copied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from pro_service.services.measuring.reading import bring_exams
from pro_service.services.study.staff import make_staff
from pro_service.tables import csv_bytes, csv_text, read_content
from tests.integration.desk.entering.test_entry import begin, keep, send_address
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.desk import PASSWORD, press, sign_in
from tests.support.study import ACTOR, Left, Trial, go_on_with, open_trial, row
from tests.support.web import browsing

CODES: Final = tuple(f"K-{number:03}" for number in range(1, 7))
STAFF: Final = {
    "anna": ("coordinator", "BJ01"),
    "ines": ("investigator", "BJ01"),
    "mona": ("monitor", "BJ01"),
    "adam": ("administrator", "BJ01"),
    "dora": ("data_manager", None),
    "hugo": ("allocation_holder", None),
    **dict.fromkeys(("rita", "ruth", "rolf"), ("reader", None)),
}
EXAM_DAY: Final = "2026-01-12"
_HEADS: Final = ("participant", "visit", "knee", "exam_on", "study_uid", "scanner", "tesla")


def exams_table(*codes: str, name: str = "exams.csv") -> bytes:
    """The archive's table of one examination of each."""
    rows = [
        (code, "injection", "left", EXAM_DAY, f"1.2.840.{place}", "MRI-7", "3.0")
        for place, code in enumerate(codes)
    ]
    return csv_bytes(csv_text([_HEADS, *rows]))


async def image_knees(url: str) -> Left:
    """K-001 told a pain of 8; then all were injected in the left knee, and imaged that day."""
    async with open_trial(url) as trial:
        await trial.enrol(*(row(code) for code in CODES))
        for login, (role, site) in STAFF.items():
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site=site,
                role=role,
                actor=ACTOR,
            )
        async with browsing(trial.server) as browser:
            await sign_in(browser)
            _, html = await begin(trial, browser)
            _, html = await keep(browser, html, pain="8")
            await press(browser, html, send_address(html))
        await trial.move(datetime(2026, 1, 12, 2, tzinfo=UTC))
        for code in CODES:
            await trial.happened(code)
        await trial.move(timedelta(hours=1))
        table = read_content("exams.csv", exams_table(*CODES))
        brought = await bring_exams(
            trial.operator, trial.context, trial.study_id, table, actor=ACTOR
        )
        assert brought == (len(CODES), 0)
        return Left.of(trial)


@pytest.fixture(scope="package")
def imaged(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """The trial an hour after the images were made."""
    with prepare(server_url, template_database, image_knees) as made:
        yield made


@pytest.fixture
async def imaged_url(stock: Stock, imaged: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(imaged.database) as url:
        yield url


@pytest.fixture
async def trial(imaged_url: str, imaged: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial going on, on the copy."""
    async with go_on_with(imaged_url, imaged.made) as running:
        yield running
