"""Paper typed a second time by another person, unseen; what differs settled by one who looked."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from pro_service.catalog.protocol_files import LoadedProtocol
from pro_service.domain.study.coming import DataQueries
from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.exports.export import export
from pro_service.services.study.staff import make_staff
from pro_service.store.study.studies import StudyRow
from tests.integration.desk.entering.test_corrections import ask, decide
from tests.integration.desk.entering.test_entry import begin, keep, send_address
from tests.support import study
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.example import example_study
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import browsing

PAGE: Final = "/desk/participants/K-001/second"
STAFF: Final = {
    "anna": "coordinator",
    "carl": "coordinator",
    "dora": "data_manager",
    "ines": "investigator",
}
TOLD: Final = {"mode": "paper", "original": "binder 3", "told_time": "08:15"}


@contextmanager
def typed_twice(**coming: object) -> Iterator[None]:
    """The example's protocol has paper of some questionnaires typed twice while this lasts."""
    loaded = example_study()
    uses = {
        name: use.model_copy(update={"second_entry": name in ("pain-nrs", "safety")})
        for name, use in loaded.protocol.instruments.items()
    }
    further = loaded.protocol.coming.model_copy(update=coming)
    changed = loaded.protocol.model_copy(update={"instruments": uses, "coming": further})
    other = LoadedProtocol(changed, loaded.text, loaded.content_sha256)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "example_study", lambda: other)
        yield


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """A participant under a protocol that has paper typed twice."""
    with typed_twice(data_query=DataQueries(unverified=True)):
        async with open_trial(database_url) as running:
            await running.enrol(row("K-001"))
            await add_staff(running)
            yield running


async def add_staff(trial: Trial) -> None:
    """One of each who has a part in it."""
    for login, role in STAFF.items():
        await make_staff(
            trial.operator,
            trial.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
            actor=ACTOR,
        )


@pytest.fixture
async def seats(trial: Trial) -> AsyncIterator[dict[str, aiohttp.ClientSession]]:
    """A browser for each member of staff, who is signed in."""
    async with AsyncExitStack() as stack:
        found = {}
        for login in STAFF:
            found[login] = await stack.enter_async_context(browsing(trial.server))
            await sign_in(found[login], login)
        yield found


async def type_first(
    trial: Trial, desk: aiohttp.ClientSession, value: str = "4", **asked: str
) -> str:
    """Type a paper the first time and send it in: the address of its second entry."""
    item = asked.pop("item", "pain")
    said = {**TOLD, "told_on": "2026-01-05", **asked}
    _, html = await begin(trial, desk, **said)
    _, html = await keep(desk, html, **{item: value})
    status, _ = await press(desk, html, send_address(html))
    assert status == 200
    (sitting,) = (await trial.fetch("SELECT id FROM attempts WHERE mode = 'paper'"))[0]
    return f"{PAGE}/{sitting}"


async def type_again(desk: aiohttp.ClientSession, address: str, **typed: str) -> tuple[int, str]:
    _, html = await page(desk, address)
    return await press(desk, html, address, **{f"a.{item}": say for item, say in typed.items()})


async def settle(
    desk: aiohttp.ClientSession, value: str, reason: str = "looked at it in binder 3"
) -> tuple[int, str]:
    _, html = await page(desk, PAGE)
    found = re.search(r'action="([^"]+/settle)"', html)
    assert found is not None
    return await press(desk, html, found[1], value=value, reason=reason)


async def exported(trial: Trial, folder: Path) -> set[tuple[str, str]]:
    """Values of pain in the export, each with what it says of the second entry."""
    study_row = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study_row, folder)
    with (folder / "items.csv").open(encoding="utf-8-sig") as file:
        rows = [one for one in csv.DictReader(file) if one["mode"] == "paper"]
    return {(one["value"], one["second_entry"]) for one in rows}


async def test_the_same_typed_by_another_person_verifies_it(
    trial: Trial, seats: dict[str, aiohttp.ClientSession], tmp_path: Path
) -> None:
    address = await type_first(trial, seats["anna"])
    assert await exported(trial, tmp_path / "before") == {("4", "not verified")}
    _, today = await page(seats["carl"])
    assert 'id="second"' in today
    assert f'href="{PAGE}"' in today
    _, html = await page(seats["carl"], address)
    assert "What was typed first is not shown" in html
    assert " checked" not in html
    status, html = await type_again(seats["carl"], address, pain="4")
    assert (status, "both are the same" in html) == (200, True)
    assert await exported(trial, tmp_path / "after") == {("4", "verified")}
    _, today = await page(seats["carl"])
    assert 'id="second"' not in today
    # It is evidence, and no sitting: nothing was scored or answered by it.
    counts = [await trial.count(table) for table in ("attempts", "responses", "scores")]
    assert counts == [1, 1, 1]


async def test_the_participants_page_and_today_say_what_is_not_verified(
    trial: Trial, seats: dict[str, aiohttp.ClientSession]
) -> None:
    anna, person = seats["anna"], PAGE.removesuffix("/second")
    address = await type_first(trial, anna)
    for lacks in ("to be typed a second time", "differences wait to be settled"):
        _, html = await page(anna, person)
        assert html.count("Not verified: ") == 1
        assert f"Not verified: {lacks}" in html
        _, html = await page(anna, "/desk")
        assert html.count("<strong>not verified</strong>") == 1
        if lacks.startswith("to be"):
            await type_again(seats["carl"], address, pain="5")
    await settle(seats["dora"], "4")
    for path in (person, "/desk"):
        _, html = await page(anna, path)
        assert "ot verified" not in html


@pytest.mark.parametrize("verified", [False, True])
async def test_paper_not_verified_when_its_visit_is_settled_is_asked_about_once(
    trial: Trial, seats: dict[str, aiohttp.ClientSession], verified: bool
) -> None:
    address = await type_first(trial, seats["anna"])
    if verified:
        await type_again(seats["carl"], address, pain="4")
    await trial.happened("K-001")
    await trial.move(timedelta(days=1))
    for _ in range(2):
        await rounds.closing_round(trial.pools.worker, trial.context)
    raised = await trial.fetch("SELECT rule, actor FROM data_queries")
    assert raised == ([] if verified else [("paper_not_verified", "service:worker")])
    _, html = await page(seats["dora"], PAGE.removesuffix("/second"))
    assert ("was not verified" in html) is not verified


async def test_neither_the_first_typist_nor_a_second_copy_types_it_again(
    trial: Trial, seats: dict[str, aiohttp.ClientSession]
) -> None:
    address = await type_first(trial, seats["anna"])
    _, html = await page(seats["anna"], PAGE)
    assert "another person types it the second time" in html
    assert f'href="{address}"' not in html
    status, html = await page(seats["anna"], address)
    assert (status, "You typed this paper the first time" in html) == (403, True)
    assert (await page(seats["dora"], address))[0] == 403
    _, form = await page(seats["carl"], address)
    status, html = await press(seats["carl"], form, address)
    assert (status, "Something is not typed yet" in html) == (422, True)
    status, html = await press(seats["carl"], form, address, **{"a.pain": "11"})
    assert (status, "These could not be kept" in html) == (422, True)
    for _ in range(2):
        status, html = await press(seats["carl"], form, address, **{"a.pain": "7"})
        assert (status, "what differs waits to be settled" in html) == (200, True)
    assert await trial.count("second_entries") == 1
    assert (await page(seats["ines"], address))[0] == 409


async def test_a_difference_is_settled_once_with_both_values_kept(
    trial: Trial, seats: dict[str, aiohttp.ClientSession], tmp_path: Path
) -> None:
    address = await type_first(trial, seats["anna"])
    await type_again(seats["carl"], address, pain="7")
    assert await exported(trial, tmp_path / "open") == {("4", "not verified")}
    # Who may not read answers sees that there is a difference, and no value (R6).
    _, html = await page(seats["anna"], PAGE)
    assert "does not see what was typed" in html
    assert "anna typed:" not in html
    assert "/settle" not in html
    _, html = await page(seats["dora"], PAGE)
    assert "anna typed: 4" in html
    assert "carl typed: 7" in html
    for value, reason, words in (("eleven", "x", "as a number"), ("7", " ", "how it was settled")):
        status, html = await settle(seats["dora"], value, reason)
        assert (status, words in html) == (422, True)
    assert await trial.count("entry_settlements") == 0
    status, html = await settle(seats["dora"], "7")
    assert (status, "It is settled what the paper of K-001 says" in html) == (200, True)
    assert "the paper says: 7" in html
    assert "looked at it in binder 3" in html
    assert await trial.fetch("SELECT value, actor, reason FROM responses ORDER BY id") == [
        (4, "staff:anna", None),
        (7, "staff:dora", "settled"),
    ]
    assert await trial.fetch("SELECT revision, round(raw) FROM scores ORDER BY revision") == [
        (1, 4),
        (2, 7),
    ]
    assert await trial.fetch(
        "SELECT s.value, r.value, x.value, x.actor FROM entry_settlements AS x"
        " JOIN second_answers AS s ON s.id = x.second_answer_id"
        " JOIN responses AS r ON r.id = s.response_id"
    ) == [(7, 4, 7, "staff:dora")]
    ((note,),) = await trial.fetch("SELECT reason FROM entry_settlements")
    assert await spoken(trial.operator, trial.context, note) == "looked at it in binder 3"
    assert await exported(trial, tmp_path / "settled") == {("7", "verified")}
    _, html = await page(seats["dora"], PAGE)
    assert "/settle" not in html


async def test_of_two_who_settle_at_once_one_hears_that_it_is_done(
    trial: Trial, seats: dict[str, aiohttp.ClientSession]
) -> None:
    address = await type_first(trial, seats["anna"])
    await type_again(seats["carl"], address, pain="7")
    _, html = await page(seats["ines"], PAGE)
    found = re.search(r'action="([^"]+/settle)"', html)
    assert found is not None
    assert (await settle(seats["dora"], "7"))[0] == 200
    said = {"value": "4", "reason": "looked at it as well"}
    status, html = await press(seats["ines"], html, found[1], **said)
    assert (status, await trial.count("entry_settlements")) == (409, 1)
    assert [value for (value,) in await trial.fetch("SELECT value FROM responses ORDER BY id")] == [
        4,
        7,
    ]


async def test_what_was_typed_first_stands_where_the_paper_says_so(
    trial: Trial, seats: dict[str, aiohttp.ClientSession]
) -> None:
    address = await type_first(trial, seats["anna"])
    await type_again(seats["carl"], address, pain="u")
    _, today = await page(seats["ines"])
    assert 'id="differences"' in today
    assert "differences that wait: 1" in today
    status, _ = await settle(seats["dora"], "4")
    assert status == 200
    assert await trial.count("responses") == 1
    assert await trial.count("scores") == 1
    _, today = await page(seats["ines"])
    assert 'id="differences"' not in today


async def test_a_sign_of_harm_that_is_settled_raises_its_alert_late(
    trial: Trial, seats: dict[str, aiohttp.ClientSession]
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(timedelta(days=1))
    asked = {"instrument": "safety", "visit": "safety_1", "told_on": "2026-01-06"}
    _, html = await begin(trial, seats["anna"], **{**TOLD, **asked})
    item = re.search(r'name="a\.(\w+)"', html)
    assert item is not None
    others = set(re.findall(r'name="a\.(\w+)"', html)) - {item[1]}
    calm = dict.fromkeys(others, "0")
    _, html = await keep(seats["anna"], html, **{item[1]: "0"}, **calm)
    await press(seats["anna"], html, send_address(html))
    assert await trial.count("alerts") == 0
    (sitting,) = (await trial.fetch("SELECT id FROM attempts WHERE mode = 'paper'"))[0]
    await type_again(seats["carl"], f"{PAGE}/{sitting}", **{item[1]: "1"}, **calm)
    # The second entry raises nothing by itself.
    assert await trial.count("alerts") == 0
    status, html = await settle(seats["ines"], "1")
    assert (status, "An urgent alert is raised, late" in html) == (200, True)
    assert await trial.fetch("SELECT rule, actor FROM alerts") == [("warning_sign", "staff:ines")]


async def test_what_they_meant_otherwise_since_is_no_difference(
    trial: Trial, seats: dict[str, aiohttp.ClientSession], tmp_path: Path
) -> None:
    """Both read the paper as it is; an approved correction stands, whatever the paper says."""
    address = await type_first(trial, seats["anna"])
    await trial.move(timedelta(hours=2))
    await ask(trial, seats["anna"])
    await decide(seats["ines"], "approve")
    status, html = await type_again(seats["carl"], address, pain="4")
    assert (status, "both are the same" in html) == (200, True)
    assert await exported(trial, tmp_path / "out") == {("3", "verified")}
