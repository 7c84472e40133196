"""E-mail addresses at the desk: added, proven by their reader alone, changed, withdrawn."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp

from pro_service.services.study.staff import make_staff
from pro_service.services.texting.contacts import list_contacts
from pro_service.store.pools import connect
from tests.integration.desk.person.sheets import PAGE, fill, problem, said
from tests.integration.texting.providers.test_letters import THEIRS, words, writing
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.providers.mail_server import MailBox
from tests.support.record.words import places_of
from tests.support.study import ACTOR, Trial, phone
from tests.support.web import browsing

OTHER = "wang@work.example"


async def emails(trial: Trial) -> list[tuple[str, str | None]]:
    """The e-mail addresses of K-001, and why nothing goes there."""
    shown = await list_contacts(trial.who("K-001"))
    return [(one.address, one.why_not) for one in shown if one.contact.kind == "email"]


async def reader_says_yes(box: MailBox) -> None:
    """Whoever reads the last letter presses its button."""
    link = re.search(r"http://\S+/e/[a-z2-7]+", words(box))
    assert link is not None
    async with aiohttp.ClientSession() as session, session.post(link[0]) as answer:
        assert answer.status == 200


async def test_an_address_is_added_proven_changed_and_withdrawn_by_the_site(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box), browsing(trial.server) as desk:
        await make_staff(
            *(trial.operator, trial.study_id),
            login="anna",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            actor=ACTOR,
        )
        await sign_in(desk)
        filled = {"relation": "self", "reason": "Told at the visit"}
        status, html = await fill(desk, "email", address="wang at home", **filled)
        assert (status, "no e-mail address" in problem(html)) == (422, True)
        assert "wang at home" in html
        status, html = await fill(desk, "email", address=THEIRS.title(), **filled)
        assert (status, said(html)) == (
            200,
            "The e-mail address of K-001 is added, and the letter that proves it goes now.",
        )
        assert "e-mail · waits for its letter to be answered" in html
        assert f'href="{PAGE}/confirm-number"' not in html  # No word of staff proves it.
        await trial.retry_now()
        assert [one["To"] for one in box.letters] == [THEIRS]
        status, html = await fill(desk, "email-letter", contact="2")
        assert (status, "never goes twice" in problem(html)) == (422, True)
        await reader_says_yes(box)
        assert await emails(trial) == [(THEIRS, None)]
        _, html = await page(desk, PAGE)
        assert "e-mail · proven" in html
        assert f'href="{PAGE}/email-letter"' not in html

        status, html = await fill(desk, "email", address=THEIRS, **filled)
        assert (status, "or address already" in problem(html)) == (422, True)
        status, html = await fill(
            desk, "email-change", contact="2", address=OTHER, reason="Works again"
        )
        assert said(html).startswith("The e-mail address of K-001 is changed, and the letter")
        assert await emails(trial) == [(OTHER, "number_unconfirmed")]
        await trial.retry_now()
        assert box.letters[-1]["To"] == OTHER
        await reader_says_yes(box)
        assert await emails(trial) == [(OTHER, None)]
        _, html = await fill(desk, "contact-end", contact="2", why="over", reason="No more mail")
        assert "the other contacts of K-001 are texted as before" in said(html)
        assert await emails(trial) == []
        owner = await connect(trial.url, role="pro_owner", actor="test:owner")
        written = [THEIRS, OTHER, "Told at the visit", "Works again"]
        assert await places_of(owner, written) == {}
        await owner.close()


async def test_a_number_given_where_none_is_left_is_the_participants_own_and_no_daughters(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box), browsing(trial.server) as desk:
        await make_staff(
            *(trial.operator, trial.study_id),
            login="anna",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            actor=ACTOR,
        )
        await sign_in(desk)
        days = dict.fromkeys(("agreed_on", "participant_agreed_on"), "2026-01-03")
        filled = {"relation": "child", "texts": "yes", "reason": "Reads for her"} | days
        status, html = await fill(desk, "email", address=THEIRS, **filled)
        assert status == 200, problem(html)
        await trial.retry_now()
        await reader_says_yes(box)
        await fill(desk, "contact-end", contact="1", why="over", reason="Lost the telephone")
        status, html = await fill(
            desk, "new-number", number=phone(77), said="confirmed", reason="A new telephone"
        )
        assert status == 200, problem(html)
        shown = await list_contacts(trial.who("K-001"))
        assert [(one.contact.relation, one.address, one.why_not) for one in shown] == [
            ("child", THEIRS, None),
            ("self", phone(77), None),
        ]
