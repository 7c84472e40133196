"""An investigator signs what has closed: what it is bound to, who may, and what voids it."""

from __future__ import annotations

import re
from typing import Final

import aiohttp
import pytest

from pro_service.domain.signatures import content_sha256
from pro_service.services.base.signing import read_content
from pro_service.services.record import check_signatures
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.study import Trial
from tests.support.web import browsing

THEIRS: Final = "/desk/participants/K-001"
PAGE: Final = f"{THEIRS}/signing"
VOID: Final = "Signatures that are void: 1"
WAITING: Final = "/desk/signing/waiting"


async def visit_page(browser: aiohttp.ClientSession) -> tuple[str, str]:
    """The page of the first visit that can be signed, and its address."""
    _, html = await page(browser, PAGE)
    found = re.search(rf'href="({PAGE}/[0-9a-f-]{{36}})"', html)
    assert found is not None
    _, html = await page(browser, found[1])
    return html, found[1]


async def sign(browser: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Fill in the form at the foot of a visit, and send it."""
    html, address = await visit_page(browser)
    filled = {"meaning": "reviewed", "name": "Dr Ines Berg", "password": PASSWORD} | said
    return await press(browser, html, address, **filled)


async def correct(trial: Trial, value: str = "3") -> None:
    """The coordinator asks for a correction, and another investigator approves it."""
    async with browsing(trial.server) as anna, browsing(trial.server) as ivan:
        await sign_in(anna)
        await sign_in(ivan, "ivan")
        address = f"{THEIRS}/corrections"
        _, html = await page(anna, address)
        place = await trial.assessment("K-001", "baseline", "pain-nrs")
        await press(
            anna,
            html,
            address,
            answer=f"{place}:pain",
            kind="meant",
            value=value,
            said_on="2026-01-05",
            said_time="11:00",
            reason="she rang",
        )
        _, html = await page(ivan, address)
        found = re.search(r'action="([^"]+/decide)"', html)
        assert found is not None
        await press(ivan, html, found[1], decision="approve", reason="as she said")


async def test_what_is_signed_is_shown_and_bound_to_its_hash(trial: Trial) -> None:
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        html, _ = await visit_page(ines)
        assert "<td>8</td>" in html
        status, html = await sign(ines)
        assert (status, "The record of K-001 was signed." in html) == (200, True)
        _, html = await page(ines, THEIRS)
        _, room = await page(ines, f"{THEIRS}/signing")
    # It says so in its row as well, and is not signed twice unawares.
    assert ("Look again" in room, "Look and sign" in room) == (True, False)
    assert "Signed, and stands" in html
    assert "Dr Ines Berg (ines)" in html
    assert "I have reviewed these data and they are complete and correct" in html
    ((kept, meaning, name),) = await trial.fetch(
        "SELECT content_sha256, meaning, printed_name FROM signatures"
    )
    assert (meaning, name) == ("reviewed", "Dr Ines Berg")
    content = await read_content(
        trial.operator, trial.study_id, trial.participants["K-001"], await trial.now()
    )
    assert content_sha256(content) == kept


async def test_a_later_change_voids_it_and_is_told_with_values_to_whom_may_read_them(
    trial: Trial,
) -> None:
    async with browsing(trial.server) as ines, browsing(trial.server) as anna:
        await sign_in(ines, "ines")
        await sign(ines)
        assert VOID not in (await page(ines, WAITING))[1]
        await correct(trial)
        assert VOID in (await page(ines, WAITING))[1]
        _, html = await page(ines, "/desk/signing")
        assert 'signing">K-001</a>' in html.partition('id="void"')[2]
        _, html = await page(ines, THEIRS)
        assert "Void" in html
        assert re.search(r"8, now 3 \([^)]*ivan\)", html)
        await sign_in(anna)
        _, html = await page(anna, THEIRS)
        assert "Void" in html
        assert "8, now 3" not in html
    (checked,) = await check_signatures(trial.operator, trial.study_id, "K-001")
    assert (checked.verified.stands, checked.verified.is_proven) == (False, True)
    assert {one.actor for one in checked.verified.told if one.change.part.what == "item"} == {
        "staff:ivan"
    }
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        await sign(ines)
        assert VOID not in (await page(ines, WAITING))[1]
    stands = [
        one.verified.stands for one in await check_signatures(trial.operator, trial.study_id, None)
    ]
    assert stands == [False, True]


async def test_a_value_changed_there_and_back_is_a_change(trial: Trial) -> None:
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        await sign(ines)
    await correct(trial)
    await correct(trial, "8")
    (checked,) = await check_signatures(trial.operator, trial.study_id, "K-001")
    assert not checked.verified.stands


async def test_what_was_changed_behind_the_record_is_not_proven(trial: Trial) -> None:
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        await sign(ines)
    await trial.owner_does("ALTER TABLE pro.responses DISABLE TRIGGER USER")
    await trial.owner_does("UPDATE pro.responses SET value = 2")
    (checked,) = await check_signatures(trial.operator, trial.study_id, None)
    assert (checked.verified.stands, checked.verified.is_proven) == (False, False)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"password": "four other words here"}, "The password is not right."),
        ({"name": "  "}, "Write your name"),
        ({"meaning": "seen"}, "Choose what your signature means."),
        ({"seen": "0" * 64}, "The record has changed since it was shown."),
    ],
)
async def test_nothing_is_signed_by_halves_and_what_was_typed_stays(
    trial: Trial, said: dict[str, str], problem: str
) -> None:
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        status, html = await sign(ines, **said)
    assert (status, problem in html) == (422, True)
    assert ('value="Dr Ines Berg"' in html) == ("name" not in said)
    assert PASSWORD not in html
    assert await trial.count("signatures") == 0


async def test_only_an_investigator_who_may_see_answers_signs(trial: Trial) -> None:
    async with browsing(trial.server) as dora:
        await sign_in(dora, "dora")
        assert (await page(dora, PAGE))[0] == 403
    await trial.owner_does("ALTER TABLE pro.protocol_versions DISABLE TRIGGER USER")
    await trial.owner_does(
        "UPDATE pro.protocol_versions"
        """ SET document = jsonb_set(document, '{study,scores_visible_to}', '["monitor"]')"""
    )
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        assert (await page(ines, PAGE))[0] == 403
        _, html = await page(ines, THEIRS)
    assert "/signing" not in html


async def test_today_counts_what_is_ready_and_leads_to_it(trial: Trial) -> None:
    async with browsing(trial.server) as ines, browsing(trial.server) as anna:
        await sign_in(ines, "ines")
        _, html = await page(ines, "/desk")
        assert f'data-later="{WAITING}"><p class="until"><a href="/desk/signing">' in html
        _, html = await page(ines, WAITING)
        assert "Visits ready to be signed: 2" in html
        _, html = await page(ines, "/desk/signing")
        assert re.findall(r"signing\">(K-\d+)<", html) == ["K-001", "K-002"]
        await sign(ines)
        _, html = await page(ines, WAITING)
        assert "Visits ready to be signed: 1" in html
        await sign_in(anna)
        _, html = await page(anna, "/desk")
        assert "/desk/signing" not in html
