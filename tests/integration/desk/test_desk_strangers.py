"""A text in words from a number nobody uses is read at the site whose address it came to."""

from __future__ import annotations

import re

from pro_service.services.study.staff import make_staff
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.study import ACTOR, SENDER, add_site, open_trial, phone, row
from tests.support.web import browsing

WORDS = "my husband has a fever"


async def test_the_site_it_came_to_reads_it_and_no_other(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await add_site(trial.operator, trial.study_id, "SH02", sender="+12025550197")
        for login, site in (("anna", "BJ01"), ("bo", "SH02")):
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site=site,
                role="coordinator",
                language="en",
                actor=ACTOR,
            )
        await trial.enrol(row("K-001"))
        await trial.provider.phone_sends(phone(77), SENDER, WORDS)
        await trial.provider.phone_sends(phone(77), SENDER, "4")
        async with browsing(trial.server) as bo:
            await sign_in(bo, "bo")
            assert WORDS not in (await page(bo))[1]
        async with browsing(trial.server) as anna:
            await sign_in(anna, "anna")
            _, shown = await page(anna)
            assert WORDS in shown
            assert "From a number nobody is enrolled with" in shown
            (address,) = set(re.findall(r"/desk/texts/[0-9a-f-]+", shown))
            _, text = await page(anna, address)
            await press(anna, text, f"{address}/nothing", reason="not_theirs")
            assert "No text is waiting to be read." in (await page(anna, "/desk/texts"))[1]
        assert await trial.fetch("SELECT read_by FROM inbounds WHERE read_at IS NOT NULL") == [
            ("staff:anna",)
        ]
