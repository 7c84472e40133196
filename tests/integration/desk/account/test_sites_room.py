"""Sites corrected: what is sent from then on says it, and what was said before is kept."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import asyncpg
import pytest

from pro_service.messaging.gateways import Gateways
from pro_service.services.receiving import Inbox, close_kept, list_kept, work_off
from pro_service.services.study.senders import correct_sender, set_pace
from pro_service.services.study.sites import TakenError, correct_site
from pro_service.store.account.keeping import SiteWords
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from pro_service.store.texting import registered
from pro_service.store.texting.sending import list_senders
from tests.support.china.account import aliyun_gateway
from tests.support.desk import page, press, seed_site, seed_staff, sign_in
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy

SITES = "/desk/sites"
ADDED = "+1 202 555 0177"
SENDER = (
    "INSERT INTO pro.senders (study_id, id, channel, provider, address, site_id, actor)"
    " VALUES ($1, $2, 'sms', $3, $4, $5, 'test')"
)


@pytest.fixture
async def room(study: SeededStudy, browser: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A browser in which an administrator of S1 is signed in."""
    await seed_staff(study, "ada", role="administrator")
    await sign_in(browser, "ada")
    return browser


async def test_a_corrected_telephone_is_what_is_said_and_the_old_one_is_kept(
    study: SeededStudy,
    participant: SeededParticipant,
    room: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    old = await owner.fetchrow("SELECT name, telephone, emergency_number FROM pro.sites")
    _, html = await page(room, f"{SITES}/S1")
    status, html = await press(room, html, f"{SITES}/S1", telephone=ADDED, reason="the ward moved")
    assert (status, "S1 is corrected" in html) == (200, True)
    assert ADDED in html
    assert "the ward moved" in html
    assert old["telephone"] in html
    facts = await study.context.reader.facts(owner, study.id, participant.id)
    assert (facts.site.telephone, facts.site.emergency_number) == (ADDED, old["emergency_number"])
    kept = await owner.fetchrow(
        "SELECT name, telephone, emergency_number, actor FROM pro.site_corrections"
    )
    assert tuple(kept) == (*old, "staff:ada")
    entry = await owner.fetchrow(
        "SELECT actor, reason FROM pro.audit_entries"
        " WHERE table_name = 'sites' AND operation = 'UPDATE'"
    )
    assert tuple(entry) == ("staff:ada", "the ward moved")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"telephone": "ask the ward"}, "This is no telephone number"),
        ({"emergency_number": ""}, "Please fill this in"),
        ({"name": " "}, "Please fill this in"),
    ],
)
async def test_words_that_nobody_could_ring_are_refused_and_stay_in_the_form(
    room: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    typed: dict[str, str],
    says: str,
) -> None:
    _, html = await page(room, f"{SITES}/S1")
    filled = {"reason": "mistyped"} | typed
    status, html = await press(room, html, f"{SITES}/S1", **filled)
    assert (status, says in html, "mistyped" in html) == (422, True, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.site_corrections") == 0


async def test_the_same_words_again_correct_nothing(
    study: SeededStudy, room: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    _, html = await page(room, f"{SITES}/S1")
    _, html = await press(room, html, f"{SITES}/S1", reason="to be sure")
    assert "says all of that already" in html
    now = SiteWords(
        *await owner.fetchrow("SELECT name, telephone, emergency_number FROM pro.sites")
    )
    study_id, words = study.id, now._replace(telephone=ADDED)
    assert await correct_site(owner, study_id, "S1", words, reason="moved", actor=ACTOR)
    assert not await correct_site(owner, study_id, "S1", words, reason="moved", actor=ACTOR)


async def test_a_senders_number_is_corrected_and_texts_and_the_contact_card_follow(
    study: SeededStudy,
    participant: SeededParticipant,
    room: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    old, new = "+12025550199", "+12025550177"
    ours, others, of_all = new_id(), new_id(), new_id()
    elsewhere = await seed_site(study, "S2")
    for one, address, site in (
        (ours, old, study.site_id),
        (others, "+12025550188", elsewhere),
        (of_all, "+12025550155", None),
    ):
        await owner.execute(SENDER, study.id, one, "simulator", address, site)
    _, html = await page(room, SITES)
    assert [one in html for one in (old, "+12025550188", "+12025550155")] == [True, False, False]
    for one in (others, of_all):
        assert (await page(room, f"/desk/senders/{one}"))[0] == 404
    at = f"/desk/senders/{ours}"
    _, html = await page(room, at)
    for typed, says in ((" ", "Please fill this in"), ("the ward", "Texts cannot come from this")):
        status, refused = await press(room, html, at, address=typed, reason="moved")
        assert (status, says in refused) == (422, True)
    _, same = await press(room, html, at, address="+1 202 555 0199", reason="to be sure")
    assert "come from +1 202 555 0199 already" in same
    status, html = await press(room, html, at, address="+1 202 555 0177", reason="another contract")
    assert (status, "another contract" in html, f"simulator · {old}" in html) == (200, True, True)
    facts = await study.context.reader.facts(owner, study.id, participant.id)
    assert new in {one.address for one in facts.site.senders}
    assert old not in {one.address for one in facts.site.senders}
    moved = await owner.fetch("SELECT from_id, actor, reason FROM pro.sender_moves")
    assert [tuple(one) for one in moved] == [(ours, "staff:ada", "another contract")]
    # What was left is nobody's to correct any more, and no sender of another site ever was.
    assert (await page(room, at))[0] == 404
    found = await owner.fetchval("SELECT id FROM pro.senders WHERE address = $1", new)
    _, html = await page(room, f"/desk/senders/{found}")
    status, html = await press(
        room, html, f"/desk/senders/{found}", address="+12025550188", reason="theirs"
    )
    assert (status, "Another sender has this, or had it" in html) == (422, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.sender_moves") == 1


async def test_a_number_another_sender_left_is_not_taken_and_the_pace_goes_along(
    study: SeededStudy, room: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    theirs, next_of_theirs = "+12025550188", "+12025550189"
    beside, next_of_beside = "+12025550166", "+12025550167"
    elsewhere = await seed_site(study, "S2")
    ours = new_id()
    for one, address, site in (
        (ours, "+12025550199", study.site_id),
        (new_id(), theirs, elsewhere),
        (new_id(), beside, study.site_id),
    ):
        await owner.execute(SENDER, study.id, one, "simulator", address, site)
    channels, why = study.context.channels, {"actor": ACTOR, "reason": "another contract"}
    await correct_sender(owner, channels, study.id, theirs, next_of_theirs, **why)
    await correct_sender(owner, channels, study.id, beside, next_of_beside, **why)
    await set_pace(owner, study.id, "+12025550199", 3, actor=ACTOR)

    at = f"/desk/senders/{ours}"
    for left in (theirs, beside):
        _, html = await page(room, at)
        status, html = await press(room, html, at, address=left, reason="theirs, once")
        assert (status, "Another sender has this, or had it" in html) == (422, True)
        with pytest.raises(TakenError):
            await correct_sender(owner, channels, study.id, "+12025550199", left, **why)

    _, html = await page(room, at)
    status, html = await press(room, html, at, address="+12025550177", reason="another contract")
    assert status == 200
    known = {one.address: one for one in await list_senders(owner, study.id)}
    assert known["+12025550177"].per_second == 3
    assert (known["+12025550177"].site, known[next_of_theirs].site) == ("S1", "S2")
    # One's own old number may be taken anew.
    await correct_sender(owner, channels, study.id, "+12025550177", "+12025550199", **why)


async def test_a_site_of_others_is_not_there_to_be_corrected(
    study: SeededStudy, room: aiohttp.ClientSession
) -> None:
    await seed_site(study, "S2")
    _, html = await page(room, SITES)
    assert ("S1" in html, "S2" in html) == (True, False)
    assert (await page(room, f"{SITES}/S2"))[0] == 404


async def test_what_only_the_operator_can_mend_stands_where_an_administrator_works(
    study: SeededStudy, room: aiohttp.ClientSession, owner: asyncpg.Connection, pools: Pools
) -> None:
    _, html = await page(room, SITES)
    assert "to-mend" not in html
    sender, elsewhere = new_id(), new_id()
    far = await seed_site(study, "S9")
    await owner.execute(SENDER, study.id, sender, "aliyun", "康复随访", None)
    await owner.execute(SENDER, study.id, elsewhere, "aliyun", "别处随访", far)
    for one in (sender, elsewhere):
        await registered.record_gap(owner, study.id, one, "card.first", "zh_CN", ACTOR)
    gateway = aliyun_gateway("http://127.0.0.1:1", timedelta(seconds=1))
    study.context.gateways = Gateways.holding(gateway)
    await Inbox().keep(pools.provider, study.context, "aliyun", "inbound", b'[{"unexpected": 1}]')
    while await work_off(pools.provider, study.context):
        pass
    _, html = await page(room, SITES)
    mended = html[html.index('id="to-mend"') :]
    assert "康复随访" in mended
    assert "1 parts broken" in mended
    assert "pro-service pushes list" in mended
    assert "别处随访" in mended
    assert "3 to see to" in html
    # Who works with participants sees that it is not theirs to mend.
    await seed_staff(study, "cora")
    await room.get("/desk")
    await sign_in(room, "cora")
    _, today = await page(room, "/desk")
    # Another site's is not theirs.
    assert "Matters that wait for whoever runs the service: 2" in today
    assert "/desk/sites" not in today
    await close_kept(owner, study.id, (await list_kept(owner, study.id))[0].id, actor=ACTOR)
    _, today = await page(room, "/desk")
    assert "whoever runs the service: 1" in today
    await gateway.close()
