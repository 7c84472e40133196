"""Whoever sees a card can come in with it: seeing is recorded, and staff never answer (M1, M15)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from pro_service.services.cards import cards
from pro_service.services.study.staff import make_staff
from tests.integration.exports.test_export import read
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.forms import form_to
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import answer_everything, browsing, current_action, send

CARD = "/desk/participants/K-001/card"
WARD, HOME = "203.0.113.7", "198.51.100.4"


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """Two participants with something to answer on the page, a coordinator and an investigator."""
    async with open_trial(database_url, trusted_proxies=1) as running:
        await running.enrol(row("K-001", channel="link"), row("K-002", channel="link"))
        for login, role in (("anna", "coordinator"), ("ivan", "investigator")):
            await make_staff(
                running.operator,
                running.study_id,
                login=login,
                password=PASSWORD,
                site="BJ01",
                role=role,
                actor=ACTOR,
            )
        await running.ask()
        yield running


@contextmanager
def at(browser: aiohttp.ClientSession, address: str) -> Iterator[None]:
    """Requests of this browser come from an address."""
    browser.headers["X-Forwarded-For"] = address
    yield
    del browser.headers["X-Forwarded-For"]


async def show_card(browser: aiohttp.ClientSession, login: str = "anna") -> str:
    """Sign in and press the button that shows the card of K-001; the page that follows."""
    await sign_in(browser, login)
    _, html = await page(browser, CARD)
    async with browser.post(
        f"{CARD}/show", data=dict(form_to(html, f"{CARD}/show").fields)
    ) as answer:
        assert answer.status == 200
        return await answer.text()


async def code_of(trial: Trial, participant: str = "K-001") -> str:
    """The code of a card, read behind everybody's back."""
    found: str = await trial.fetchval(
        "SELECT personal_code FROM participants WHERE code = $1", participant
    )
    return found


async def begin(browser: aiohttp.ClientSession, code: str) -> str:
    """Type a code and answer the first screen; the page that follows."""
    async with browser.post("/c", data={"code": code}) as answer:
        assert (answer.status, answer.url.path) == (200, "/q/me")
    async with browser.get("/q") as answer:
        html = await answer.text()
    while (action := current_action(html)) != "/q/s/2":
        form = form_to(html, action)
        data = form.filled(**dict.fromkeys(form.items, "2"))
        data += [("who", "self")] if action == "/q/who" else []
        async with browser.post(action, data=data) as answer:
            html = await answer.text()
    return html


async def marks(trial: Trial) -> list[bool]:
    """For each sitting, in order, whether it is marked."""
    found = await trial.fetch("SELECT card_shown_at IS NOT NULL FROM attempts ORDER BY id")
    return [one for (one,) in found]


async def test_m1_seeing_a_card_at_the_desk_is_recorded_who_whose_and_when(trial: Trial) -> None:
    async with browsing(trial.server) as desk:
        with at(desk, WARD):
            html = await show_card(desk)
    code = await code_of(trial)
    assert f"{code[:3]}-" in html
    assert "Who has seen a card of this participant" in html
    ((actor, way, shown_at),) = await trial.fetch(
        "SELECT s.actor, s.way, s.recorded_at FROM card_showings AS s JOIN participants AS p"
        " ON p.id = s.participant_id WHERE p.code = 'K-001'"
    )
    assert (actor, way) == ("staff:anna", "desk")
    assert timedelta(0) <= await trial.now() - shown_at < timedelta(minutes=1)
    audited = await trial.fetch(
        "SELECT e.actor, e.operation, p.participant_id FROM audit_entries AS e"
        " JOIN audit_participants AS p ON p.entry_id = e.id WHERE e.table_name = 'card_showings'"
    )
    assert audited == [("staff:anna", "INSERT", trial.participants["K-001"])]


async def test_m1_the_page_alone_shows_no_code_and_no_picture_nor_what_somebody_else_saw(
    trial: Trial,
) -> None:
    code = await code_of(trial)
    async with browsing(trial.server) as anna, browsing(trial.server) as ivan:
        with at(anna, WARD), at(ivan, WARD):
            assert f"{code[:3]}-" in await show_card(anna)
            await sign_in(ivan, "ivan")
            _, html = await page(ivan, CARD)
            assert f"{code[:3]}-" not in html
            assert "anna" in html
            assert (await page(ivan, f"{CARD}.svg"))[0] == 404
            assert (await page(anna, f"{CARD}.svg"))[0] == 200
            # Some minutes later it is asked for anew, and recorded anew.
            await trial.move(timedelta(minutes=11))
            assert f"{code[:3]}-" not in (await page(anna, CARD))[1]
            assert (await page(anna, f"{CARD}.svg"))[0] == 404
    assert await trial.count("card_showings") == 1


async def test_m1_printing_cards_by_command_is_recorded(trial: Trial) -> None:
    await cards.list_cards(trial.operator, trial.context, trial.study_id, actor="cli:otto")
    printed = await trial.fetch(
        "SELECT p.code, s.actor, s.way, s.source_sha256 FROM card_showings AS s"
        " JOIN participants AS p ON p.id = s.participant_id ORDER BY 1"
    )
    assert printed == [(code, "cli:otto", "command", None) for code in ("K-001", "K-002")]


async def test_m1_a_sitting_begun_where_a_card_was_just_shown_is_marked_shown_and_exported(
    trial: Trial, tmp_path: Path
) -> None:
    async with browsing(trial.server) as desk, browsing(trial.server) as phone:
        with at(desk, WARD), at(phone, WARD):
            await show_card(desk)
            await trial.move(timedelta(minutes=59))
            html = await begin(phone, await code_of(trial))
            assert await marks(trial) == [True]
            async with await send(phone, await answer_everything(phone, html)) as answer:
                assert answer.url.path == "/q/thanks"
            assert all(await marks(trial))
            _, html = await page(desk, "/desk/participants/K-001")
    assert "began where a card was shown at the desk shortly before" in html
    tables = await read(trial, tmp_path / "out")
    marked = {row["card_shown_at"] != "" for row in tables["items.csv"] if row["mode"] == "web"}
    assert marked == {True}


@pytest.mark.parametrize(
    ("address", "minutes", "participant", "marked"),
    [
        (WARD, 59, "K-001", True),
        (WARD, 61, "K-001", False),
        (HOME, 5, "K-001", False),
        (WARD, 5, "K-002", False),
        ("2001:db8:0:7::5", 5, "K-001", False),
    ],
)
async def test_m1_only_the_same_network_within_the_hour_and_the_same_participant_is_marked(
    trial: Trial, address: str, minutes: int, participant: str, marked: bool
) -> None:
    async with browsing(trial.server) as desk, browsing(trial.server) as phone:
        with at(desk, WARD), at(phone, address):
            await show_card(desk)
            await trial.move(timedelta(minutes=minutes))
            await begin(phone, await code_of(trial, participant))
    assert await marks(trial) == [marked]


async def test_m1_one_ipv6_network_is_one_place(trial: Trial) -> None:
    async with browsing(trial.server) as desk, browsing(trial.server) as phone:
        with at(desk, "2001:db8:0:7::1"), at(phone, "2001:db8:0:7:ffff::2"):
            await show_card(desk)
            await begin(phone, await code_of(trial))
    assert await marks(trial) == [True]


async def test_m15_a_browser_in_which_staff_are_signed_in_never_answers(trial: Trial) -> None:
    async with browsing(trial.server) as browser:
        with at(browser, WARD):
            await show_card(browser)
            async with browser.post("/c", data={"code": await code_of(trial)}) as answer:
                assert answer.status == 403
                said = await answer.text()
            assert "Staff are signed in here" in said
            assert "sign out at the desk first" in said
            for path in ("/c", "/q", "/q/me", "/q/review", "/q/s/1"):
                async with browser.get(path) as answer:
                    assert answer.status == 403, path
            assert "q" not in {one.key for one in browser.cookie_jar}
            assert await trial.count("responses") == 0
            # After signing out the participant may answer on this very device.
            _, html = await page(browser)
            await press(browser, html, "/desk/sign-out")
            await begin(browser, await code_of(trial))
            assert await trial.count("responses") > 0


async def test_m15_pages_a_participant_left_open_are_closed_to_staff_who_sign_in(
    trial: Trial,
) -> None:
    async with browsing(trial.server) as tablet:
        with at(tablet, WARD):
            html = await begin(tablet, await code_of(trial))
            before = await trial.count("responses")
            await sign_in(tablet)
            form = form_to(html, "/q/s/2")
            data = form.filled(**dict.fromkeys(form.items, "9"))
            async with tablet.post("/q/s/2", data=data) as answer:
                assert answer.status == 403
            async with tablet.get("/q/review") as answer:
                assert answer.status == 403
            assert await trial.count("responses") == before


async def test_m15_a_desk_session_that_has_run_out_closes_nothing(trial: Trial) -> None:
    async with browsing(trial.server) as tablet:
        with at(tablet, WARD):
            await sign_in(tablet)
            await trial.owner_does(
                "UPDATE staff_sessions SET last_seen_at = last_seen_at - interval '31 minutes'"
            )
            await begin(tablet, await code_of(trial))
    assert await trial.count("responses") > 0


@pytest.mark.parametrize("mark", ["x", "0" * 64, "g" * 64, "0" * 63])
async def test_m15_a_mark_that_is_none_closes_nothing(trial: Trial, mark: str) -> None:
    async with (
        browsing(trial.server) as browser,
        browser.get("/c", cookies={"staff_here": mark}) as answer,
    ):
        assert answer.status == 200


async def test_m15_the_mark_opens_no_session(trial: Trial) -> None:
    async with browsing(trial.server) as browser, browsing(trial.server) as thief:
        with at(browser, WARD):
            await sign_in(browser)
        mark = {one.key: one.value for one in browser.cookie_jar}["staff_here"]
        async with thief.get("/desk", cookies={"desk": mark}) as answer:
            assert answer.url.path == "/desk/sign-in"


async def test_m1_a_card_goes_on_at_the_next_open_question_and_shows_no_earlier_answer(
    trial: Trial,
) -> None:
    code = await code_of(trial)
    async with browsing(trial.server) as phone, browsing(trial.server) as other:
        with at(phone, HOME), at(other, WARD):
            await begin(phone, code)
            given = [value for (value,) in await trial.fetch("SELECT value FROM responses")]
            assert given == [2] * len(given) != []
            async with other.post("/c", data={"code": code}) as answer:
                assert answer.url.path == "/q/me"
            async with other.get("/q") as answer:
                assert current_action(await answer.text()) == "/q/s/2"
            async with other.get("/q/s/1") as answer:
                first = await answer.text()
            assert "checked" not in first
            async with other.get("/q/review") as answer:
                review = await answer.text()
            assert "2 (0 to 10)" not in review
            # Sent, they are shown to nobody, on the device that gave them neither.
            async with phone.get("/q") as answer:
                html = await answer_everything(phone, await answer.text(), value=3)
            async with await send(phone, html) as answer:
                assert answer.url.path == "/q/thanks"
            for browser in (phone, other):
                for path in ("/q", "/q/me", "/q/review", "/q/thanks", "/q/s/1"):
                    async with browser.get(path) as answer:
                        shown = await answer.text()
                    assert "checked" not in shown
                    assert "3 (0 to 10)" not in shown
