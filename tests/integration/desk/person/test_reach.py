"""Numbers and contacts at the desk: the commands' own rules, written as the clerk (R25)."""

from __future__ import annotations

import aiohttp

from pro_service.services.texting.contacts import list_contacts
from pro_service.store.pools import connect
from tests.integration.desk.person.sheets import PAGE, by_staff, fill, problem, said
from tests.support.desk import page
from tests.support.record.words import places_of
from tests.support.study import Trial, phone

NEW = phone(77)
DAUGHTER = phone(78)


async def addresses(trial: Trial) -> list[tuple[str, str, bool]]:
    """Every contact of K-001: whose, which number, and whether texts go there."""
    shown = await list_contacts(trial.who("K-001"))
    return [(one.contact.relation, one.address, one.texted) for one in shown]


async def test_a_number_changed_and_confirmed_is_texted_from_now_on(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await fill(
        desk, "new-number", contact="1", number=NEW, said="confirmed", reason="Rang it at the visit"
    )
    assert status == 200, problem(html)
    assert said(html).startswith("The number of K-001 is changed and confirmed")
    assert await addresses(trial) == [("self", NEW, True)]
    assert await by_staff(trial, "contact_points") == 1
    assert NEW not in html
    owner = await connect(trial.url, role="pro_owner", actor="test:owner")
    assert await places_of(owner, [NEW, "Rang it at the visit"]) == {}
    await owner.close()
    await trial.ask()
    assert await trial.texts("K-001") == []
    assert len(await trial.provider.texts_of(NEW)) == 1


async def test_a_number_that_waits_gets_nothing_until_somebody_confirms_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(
        desk, "new-number", contact="1", number=NEW, said="waiting", reason="By mail"
    )
    assert said(html) == "The number of K-001 is changed. Nothing goes there until it is confirmed."
    assert await addresses(trial) == [("self", NEW, False)]
    assert await trial.count("call_tasks", "reason = 'confirm_number' AND closed_at IS NULL") == 1
    assert f'href="{PAGE}/confirm-number"' in html
    _, html = await fill(desk, "confirm-number", contact="1", reason="She read her code to me")
    assert said(html) == "The number of K-001 is confirmed: texts may go there from now on."
    assert await addresses(trial) == [("self", NEW, True)]
    assert await trial.count("call_tasks", "reason = 'confirm_number' AND closed_at IS NULL") == 0


async def test_a_number_that_cannot_be_is_refused_with_what_was_typed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    for number, words in (
        ("12", "not a telephone number"),
        (trial.phones["K-001"], "has this number or address already"),
    ):
        status, html = await fill(
            desk,
            "new-number",
            contact="1",
            number=number,
            said="waiting",
            reason="Told at the visit",
        )
        assert (status, words in problem(html)) == (422, True), problem(html)
        assert "Told at the visit" in html
        assert f'value="{number}"' in html
    assert await by_staff(trial, "contact_points") == 0


async def test_a_daughter_is_added_agreed_for_put_first_and_ended(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    filled = {"relation": "child", "number": DAUGHTER, "texts": "yes", "agreed_on": "2026-01-03"}
    status, html = await fill(desk, "contact", **filled, reason="Reads for her")
    assert (status, "others are written to" in problem(html)) == (422, True)
    filled |= {"participant_agreed_on": "2026-01-03"}
    status, html = await fill(desk, "contact", **filled, reason="Reads for her")
    assert status == 200, problem(html)
    assert await addresses(trial) == [
        ("self", trial.phones["K-001"], True),
        ("child", DAUGHTER, False),
    ]
    assert await by_staff(trial, "consents") == 1
    await fill(desk, "confirm-number", contact="2", reason="She rang us from it")
    _, html = await fill(desk, "contact-first", contact="2", reason="Always has it with her")
    assert said(html) == "The contacts of K-001 are in the new order."
    assert (await addresses(trial))[0] == ("child", DAUGHTER, True)
    _, html = await fill(desk, "contact-agreement", contact="1", reason="No texts any more")
    assert await addresses(trial) == [
        ("child", DAUGHTER, False),
        ("self", trial.phones["K-001"], True),
    ]
    _, html = await fill(desk, "contact-end", contact="1", why="over", reason="Moved away")
    assert (
        said(html)
        == "Nothing goes there any more; the other contacts of K-001 are texted as before."
    )
    assert [one for one, _, _ in await addresses(trial)] == ["self"]
    _, html = await fill(desk, "contact-end", contact="2", why="wrong", reason="A stranger")
    assert "nobody is left who may be texted" in said(html)
    assert await trial.count("call_tasks", "reason = 'another_way' AND closed_at IS NULL") == 1


async def test_no_more_texts_and_texts_again(trial: Trial, desk: aiohttp.ClientSession) -> None:
    _, html = await fill(desk, "no-texts", reason="Said so at the visit")
    assert said(html) == "No more texts go to any number of K-001."
    assert await trial.count("opt_outs", "ended_at IS NULL AND actor = 'staff:anna'") == 1
    _, html = await page(desk, PAGE)
    assert f'href="{PAGE}/no-texts"' not in html
    _, html = await fill(desk, "texts-again", contact="1", reason="Has changed her mind")
    assert said(html) == "Texts may go to this number of K-001 again."
    assert await trial.count("opt_outs", "ended_at IS NULL") == 0
    assert await trial.count("opt_outs", "ended_by = 'staff:anna'") == 1
