"""A tablet handed over for one sitting (R12): each rule, from the desk's code to the record."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.exports.export import export
from pro_service.services.study.staff import make_staff
from tests.integration.desk.person.sheets import fill
from tests.integration.doors.tablets import (
    ROOM,
    YEAR,
    begin,
    begin_handing,
    first_screen,
    get,
    hand_over,
    handing_trial,
    link_of,
    older,
    open_door,
    recorded,
    steps,
)
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.forms import form_to
from tests.support.study import ACTOR, Left, Trial, go_on_with
from tests.support.web import answer_everything, browsing, current_action, send

begun = begun_by(begin_handing)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial without a year of birth."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """The coordinator, signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser, "anna")
        yield browser


async def test_what_is_answered_on_a_tablet_equals_the_same_by_link_but_for_the_mode(
    trial: Trial, desk: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with browsing(trial.server) as tablet:
        review = await answer_everything(tablet, await begin(tablet, await hand_over(desk)))
        async with await send(tablet, review) as answer:
            assert answer.url.path == "/q/tablet/back"
            html = await answer.text()
        assert "give the tablet back" in html
        assert "/q/me" not in html
        assert "q" not in {one.key for one in tablet.cookie_jar}
        assert (await get(tablet, "/q"))[0] == 403
    async with browsing(trial.server) as phone:
        async with phone.post(f"{await link_of(trial, 'K-002')}/open", data={}) as answer:
            review = await answer_everything(phone, await answer.text())
        async with await send(phone, review) as answer:
            assert answer.url.path == "/q/thanks"
    assert await recorded(trial, "K-001") == await recorded(trial, "K-002")
    held = await trial.fetch(
        "SELECT DISTINCT p.code, t.mode, t.authentication, t.handover_id = h.id, t.card_shown_at"
        " FROM attempts AS t JOIN participants AS p ON p.id = t.participant_id"
        " LEFT JOIN tablet_handovers AS h ON h.id = t.handover_id ORDER BY 1"
    )
    assert held == [
        ("K-001", "tablet", "handover", True, None),
        ("K-002", "web", "link", None, None),
    ]
    ((actor, site),) = await trial.fetch(
        "SELECT h.actor, s.code FROM tablet_handovers AS h JOIN sites AS s ON s.id = h.site_id"
    )
    assert (actor, site) == ("staff:anna", "BJ01")
    assert await steps(trial) == [
        ("opened", "Tablet 2", "participant:K-001"),
        ("confirmed", None, "participant:K-001"),
        ("sent", None, "participant:K-001"),
    ]
    study = await trial.context.reader.study(trial.operator, None)
    await export(trial.operator, trial.context, study, tmp_path / "out")
    with (tmp_path / "out" / "sittings.csv").open(newline="", encoding="utf-8-sig") as file:
        out = {
            (one["participant"], one["mode"], one["tablet"], one["handed_over_by"])
            for one in csv.DictReader(file)
        }
    assert out == {
        ("K-001", "tablet", "Tablet 2", "staff:anna"),
        ("K-002", "web", "", ""),
    }
    audited = await trial.fetch(
        "SELECT table_name, actor FROM audit_entries WHERE table_name LIKE 'tablet%' ORDER BY id"
    )
    assert audited[0] == ("tablet_handovers", "staff:anna")
    assert [name for name, _ in audited[1:]] == ["tablet_steps"] * 3


async def test_a_code_works_once_and_opens_no_other_browser(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    code = await hand_over(desk)
    async with browsing(trial.server) as tablet, browsing(trial.server) as other:
        assert (await open_door(tablet, code))[0] == 200
        status, path, html = await open_door(other, code)
        assert (status, path) == (422, "/t")
        assert "used before" in html
        assert 'value="Tablet 2"' in html
        assert (await get(other, "/q/tablet"))[2].count("This tablet is closed") == 1
        assert (await get(other, "/q"))[0] == 403
    assert await trial.count("tablet_sessions") == 1


async def test_a_code_is_valid_for_a_minute_and_the_picture_only_fills_the_form(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    code = (await hand_over(desk)).replace(" ", "")
    async with desk.get(f"{ROOM.format('K-001')}.svg") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
    async with browsing(trial.server) as tablet:
        _, _, html = await get(tablet, f"/t/{code}")
        assert f'value="{code}"' in html
        assert await steps(trial) == []
        await older(trial, 61)
        assert (await open_door(tablet, code))[0] == 422
    async with desk.get(f"{ROOM.format('K-001')}.svg") as answer:
        assert answer.status == 404
    _, html = await page(desk, ROOM.format("K-001"))
    assert "The code was not used in time" in html
    async with browsing(trial.server) as tablet:
        code = await hand_over(desk)
        await older(trial, 55)
        assert (await open_door(tablet, code))[0] == 200
    assert [step for step, *_ in await steps(trial)] == ["replaced", "opened"]


async def test_it_shows_no_own_page_no_earlier_answer_and_goes_on_with_no_other_sitting(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as phone:
        async with phone.post(f"{await link_of(trial, 'K-001')}/open", data={}) as answer:
            await first_screen(phone, await answer.text(), 9)
        before = await recorded(trial, "K-001")
        async with browsing(trial.server) as tablet:
            html = await begin(tablet, await hand_over(desk))
            for path in ("/q/me", "/q/me/time", "/q/me/stop", "/q/me/unwell", "/q/me/correct"):
                status, _, neutral = await get(tablet, path)
                assert (status, "/q/me" in neutral) == (404, False), path
            assert (await get(tablet, "/q/year"))[1] == "/q/who"
            # Nothing of anybody else, and nothing of the desk it was handed over from.
            for path in ("/desk", "/desk/participants/K-001", "/desk/participants.csv"):
                _, landed, neutral = await get(tablet, path)
                assert (landed, "K-001" in neutral) == ("/desk/sign-in", False), path
            assert (await get(tablet, "/api/v1/participants"))[0] == 401
            html = await first_screen(tablet, html, 3)
            _, _, review = await get(tablet, "/q/review")
            for shown in (html, review):
                assert "9 of" not in shown
                assert not re.search(r'href="/(q/me|c|desk)', shown)
        # On the telephone the sitting begun there goes on, without what the tablet was told.
        _, _, mine = await get(phone, "/q/review")
        assert "3 of" not in mine
    assert await trial.fetch("SELECT mode, ordinal FROM attempts ORDER BY id") == [
        ("web", 1),
        ("tablet", 2),
    ]
    assert set(before) <= set(await recorded(trial, "K-001"))


async def test_untouched_it_ends_and_what_was_answered_stays_unsent(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as tablet:
        html = await first_screen(tablet, await begin(tablet, await hand_over(desk)))
        ((lies_for,),) = await trial.fetch(
            "SELECT idle_at - clock_timestamp() FROM tablet_sessions"
        )
        assert timedelta(minutes=9) < lies_for <= timedelta(minutes=10)
        kept = await recorded(trial, "K-001")
        assert await rounds.tablet_round(trial.pools.worker) == 0
        await trial.owner_does("UPDATE pro.tablet_sessions SET idle_at = clock_timestamp()")
        form = form_to(html, "/q/s/2")
        data = form.filled(**dict.fromkeys(form.items, "7"))
        async with tablet.post("/q/s/2", data=data) as answer:
            assert answer.url.path == "/q/tablet"
            assert "This tablet is closed" in await answer.text()
        assert (await get(tablet, "/q/review"))[1] == "/q/tablet"
    assert await rounds.tablet_round(trial.pools.worker) == 1
    assert await rounds.tablet_round(trial.pools.worker) == 0
    assert (await steps(trial))[-1] == ("idle", None, "service:worker")
    assert await recorded(trial, "K-001") == kept
    assert await trial.count("attempts", "submitted_at IS NOT NULL") == 0
    _, html = await page(desk, ROOM.format("K-001"))
    assert "Ended: it lay untouched" in html


async def test_staff_take_it_back_and_hear_once_that_it_opens_nothing_any_more(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as tablet:
        await first_screen(tablet, await begin(tablet, await hand_over(desk)))
        _, html = await page(desk, ROOM.format("K-001"))
        back = f"{ROOM.format('K-001')}/back"
        fields = dict(form_to(html, back).fields)
        async with desk.post(back, data=fields) as answer:
            assert "is taken back: it opens nothing any more" in await answer.text()
        async with desk.post(back, data=fields) as answer:
            assert answer.status == 409
        assert (await get(tablet, "/q"))[1] == "/q/tablet"
    assert (await steps(trial))[-1] == ("taken_back", None, "staff:anna")
    assert await trial.count("attempts", "submitted_at IS NOT NULL") == 0


async def test_whoever_handed_it_over_ends_it_on_the_tablet_by_a_pin_with_few_tries(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_staff(
        trial.operator,
        trial.study_id,
        login="bo",
        password=PASSWORD,
        site="BJ01",
        role="coordinator",
        actor=ACTOR,
    )
    async with browsing(trial.server) as tablet, browsing(trial.server) as other:
        html = await first_screen(tablet, await begin(tablet, await hand_over(desk)))
        assert 'href="/q/tablet/pin"' in html
        kept = await recorded(trial, "K-001")
        _, shown = await page(desk, ROOM.format("K-001"))
        found = re.search(r"close it on the tablet itself: (\d{3} \d{3})", shown)
        assert found is not None
        # A colleague may take it back at the desk, and does not see it.
        await sign_in(other, "bo")
        _, theirs = await page(other, ROOM.format("K-001"))
        assert ("Take it back" in theirs, "tablet itself" in theirs) == (True, False)
        wrong = str((int(found[1].replace(" ", "")) + 1) % 10**6).zfill(6)
        for status in (422,) * 5 + (429,):
            async with tablet.post("/q/tablet/pin", data={"pin": wrong}) as answer:
                assert (answer.status, wrong in await answer.text()) == (status, False)
        assert (await get(tablet, "/q"))[1].startswith("/q/s/")
        await trial.owner_does("DELETE FROM pro.paces WHERE what = 'tablet pin'")
        async with tablet.post("/q/tablet/pin", data={"pin": found[1]}) as answer:
            assert "This tablet is closed" in await answer.text()
        assert (await get(tablet, "/q/review"))[0] == 403
        assert "q" not in {one.key for one in tablet.cookie_jar}
    assert (await steps(trial))[-1] == ("taken_back", None, "staff:anna")
    assert await recorded(trial, "K-001") == kept
    assert await trial.count("attempts", "submitted_at IS NOT NULL") == 0
    async with (
        browsing(trial.server) as phone,
        phone.post(f"{await link_of(trial, 'K-001')}/open", data={}) as answer,
    ):
        assert "/q/tablet/pin" not in await answer.text()


async def test_a_browser_in_which_the_desk_is_open_is_handed_over_to_nobody(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    code = await hand_over(desk)
    status, _, html = await open_door(desk, code)
    assert status == 403
    assert "Staff are signed in here" in html
    assert await steps(trial) == []


async def test_the_year_of_birth_confirms_where_it_is_known_with_few_tries(
    database_url: str,
) -> None:
    async with handing_trial(database_url, by_year=True) as trial, browsing(trial.server) as desk:
        await sign_in(desk, "anna")
        async with browsing(trial.server) as tablet:
            _, _, html = await open_door(tablet, await hand_over(desk))
            assert "K-001" not in html
            assert (await get(tablet, "/q"))[1] == "/q/tablet"
            for typed, status, path in (
                ("fifty", 422, "/q/tablet"),
                ("1950", 422, "/q/tablet"),
                (f"{YEAR}年", 200, "/q/who"),
            ):
                async with tablet.post("/q/tablet", data={"year": typed}) as answer:
                    assert (answer.status, answer.url.path) == (status, path)
                    html = await answer.text()
            await first_screen(tablet, html)
            assert await trial.fetch("SELECT DISTINCT authentication FROM attempts") == [
                ("handover_and_factor",)
            ]
            await open_door(tablet, await hand_over(desk, "K-002"))
            for status in (422,) * 5 + (429,):
                async with tablet.post("/q/tablet", data={"year": "1949"}) as answer:
                    assert answer.status == status


async def test_of_two_visits_due_it_opens_the_one_it_was_handed_over_for(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await fill(desk, "extra-visit", ask="pga:person", when="now", reason="she wished to say more")
    _, html = await page(desk, ROOM.format("K-001"))
    visits = re.findall(r'name="visit" value="([^"]+)"', html)
    assert len(visits) > 1
    async with browsing(trial.server) as tablet:
        html = await begin(tablet, await hand_over(desk, visit=1))
        review = await answer_everything(tablet, html, 2)
        async with await send(tablet, review) as answer:
            assert answer.url.path == "/q/tablet/back"
    answered = await trial.fetch(
        "SELECT DISTINCT a.visit_id FROM attempts AS t JOIN assessments AS a"
        " ON a.id = t.assessment_id"
    )
    assert answered == [(UUID(visits[1]),)]


async def test_an_urgent_answer_says_whom_to_ring_before_the_tablet_is_given_back(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(timedelta(days=1, hours=2))
    async with browsing(trial.server) as tablet:
        html = await begin(tablet, await hand_over(desk))
        assert await until_urgent(tablet, html) == "/q/now"
        _, _, html = await get(tablet, "/q/now?then=thanks")
        assert 'href="/q/tablet/back"' in html
        _, _, html = await get(tablet, "/q/tablet/back")
        async with tablet.post("/q/tablet/back", data=form_to(html, "/q/tablet/back").fields):
            pass
        assert (await get(tablet, "/q/now"))[0] == 403
    assert (await steps(trial))[-1][0] == "given_back"
    assert await trial.count("alerts") > 0


async def until_urgent(tablet: aiohttp.ClientSession, html: str) -> str:
    """Answer the highest of each screen until the page that says whom to telephone; its path."""
    for _ in range(40):
        action = current_action(html)
        form = form_to(html, action)
        data = form.filled(**{item: form.choices[f"a.{item}"][-1] for item in form.items})
        data += [("who", "self")] if action == "/q/who" else []
        async with tablet.post(action, data=data) as answer:
            html, path = await answer.text(), str(urlsplit(str(answer.url)).path)
        if path == "/q/now":
            break
    return path


async def test_the_desk_offers_no_tablet_where_nothing_is_open(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as tablet:
        review = await answer_everything(tablet, await begin(tablet, await hand_over(desk)), 9)
        await (await send(tablet, review)).release()
    address = ROOM.format("K-001")
    _, html = await page(desk, address)
    assert "Nothing that is open now can be answered on a tablet." in html
    assert "Answered and sent" in html
    visit = await trial.fetchval("SELECT visit_id FROM tablet_handovers")
    secret = dict(form_to(html, "/desk/sign-out").fields)["form"]
    async with desk.post(address, data={"form": secret, "visit": str(visit)}) as answer:
        assert answer.status == 409
        assert "Nothing of this visit can be answered on a tablet now" in await answer.text()


async def test_wrong_codes_and_names_are_refused_each_in_its_words_and_too_many_wait(
    trial: Trial,
) -> None:
    async with browsing(trial.server) as tablet:
        for code, name, said in (
            ("", "Tablet 2", "Please enter the code"),
            ("1234 5678", "", "give this tablet a name"),
            ("1234 5678", "<b>", "give this tablet a name"),
            ("1234 5678", "Tablet 2", "This code opens nothing"),
        ):
            status, path, html = await open_door(tablet, code, name)
            assert (status, path, said in html) == (422, "/t", True)
        await trial.owner_does(
            "UPDATE pro.paces SET free_at = clock_timestamp() + interval '14 minutes 50 seconds'"
            " WHERE what = 'tablet from'"
        )
        async with tablet.post("/t", data={"code": "1234 5678", "tablet": "Tablet 2"}) as answer:
            assert answer.status == 429
            assert "Retry-After" in answer.headers
