"""Erased (R17): by two who sign; what was sealed is nobody's, and the record verifies as before."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.pausing import status_of
from pro_service.services import rounds
from pro_service.services.study.staff import make_staff
from pro_service.services.visits import restrict
from pro_service.store.connection import Connection
from pro_service.store.pools import connect
from pro_service.store.visits.erasures import BackupKept, record_backup
from pro_service.vault.vault import Vault, data_key_of
from tests.integration.desk.person.sheets import PAGE, said
from tests.integration.desk.signing.test_commands import commands_on
from tests.support.audit import Audit
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.forms import forms_of
from tests.support.record.words import places_of
from tests.support.study import ACTOR, Trial, phone, row
from tests.support.web import browsing

ERASURE = f"{PAGE}/erasure"
SECRET_WORDS = "her sister Agathe is ill"
URGENT = "my knee is red, hot and swollen"
CHATTER = "I bought a garden chair"


@pytest.fixture
async def erasable(trial: Trial) -> Trial:
    """K-001 wrote, was written about, died of nothing, and left; a data manager works there too."""
    await make_staff(
        trial.operator,
        trial.study_id,
        login="dora",
        password=PASSWORD,
        site=None,
        role="data_manager",
        actor=ACTOR,
    )
    await trial.enrol(row("K-002"))
    await trial.ask()
    await trial.says("K-001", CHATTER)
    await trial.says("K-001", URGENT)
    await trial.status("K-001", Status.withdrew_follow_up)
    return trial


async def close_alerts(trial: Trial) -> None:
    """As an investigator does; only that it is over matters here."""
    await trial.owner_does(
        "UPDATE pro.alerts SET acted_at = pro.now(), acted_by = 'staff:ivan', action = 'x'"
        " WHERE participant_id = $1",
        trial.participants["K-001"],
    )


async def ask(browser: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Sign the form of the room."""
    _, html = await page(browser, ERASURE)
    filled = {"ground": "decision", "reason": SECRET_WORDS, "name": "A Person"} | said
    return await press(browser, html, ERASURE, **({"password": PASSWORD} | filled))


async def refused_whole(browser: aiohttp.ClientSession) -> str:
    """Sign what the room has no form for: the page that refuses it."""
    _, html = await page(browser, PAGE)
    secret = next(value for one in forms_of(html) for name, value in one.fields if name == "form")
    filled = {"form": secret, "ground": "decision", "reason": "x", "name": "x"}
    async with browser.post(ERASURE, data=filled | {"password": PASSWORD}) as answer:
        assert answer.status == 422
        return await answer.text()


async def test_two_who_sign_erase_and_what_was_sealed_is_nobodys_while_the_record_stands(
    erasable: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    trial = erasable
    audit = Audit(trial)
    made = BackupKept("before.pro", await trial.fetchval("SELECT clock_timestamp()"), None)
    await record_backup(trial.operator, made)
    assert (await page(desk, ERASURE))[0] == 403
    _, html = await page(investigator, ERASURE)
    assert "They are not restricted." in html
    assert f'action="{ERASURE}"' not in html
    refusal = await refused_whole(investigator)
    assert refusal.count("They are not restricted.") == 1
    await restrict(trial.who("K-001"), actor=ACTOR, reason="at her wish")
    _, html = await page(investigator, ERASURE)
    assert "An urgent alert about them is not closed." in html
    await close_alerts(trial)
    _, html = await page(investigator, PAGE)
    assert CHATTER not in html
    assert "Not shown: the participant is restricted." in html
    await _one_asks(trial, investigator)
    sealed_before = await trial.fetch("SELECT id, body_sealed, body_key FROM inbounds")
    await _another_does_it(trial)
    assert sealed_before == await trial.fetch("SELECT id, body_sealed, body_key FROM inbounds")
    await _it_opens_to_nobody(trial, investigator)
    await _life_goes_on(trial)
    await audit.seal_everything()
    assert await audit.faults() == []


async def _one_asks(trial: Trial, investigator: aiohttp.ClientSession) -> None:
    """What is signed wrongly is refused, and signed rightly it waits for another."""
    _, html = await page(investigator, ERASURE)
    assert "before.pro" in html
    for wrong, problem in (
        ({"ground": "retention"}, "names no day"),
        ({"password": "another one entirely"}, "password is not right"),
        ({"name": " "}, "needs a name"),
        ({"reason": " "}, "Say why."),
        ({"ground": "whim"}, "Choose on what ground."),
    ):
        status, html = await ask(investigator, **wrong)
        assert (status, problem in html) == (422, True), problem
    assert await trial.count("erasures") == 0
    status, html = await ask(investigator)
    assert (status, said(html)[:25]) == (200, "You have asked that K-001")
    assert "You have asked for it." in html
    assert f'action="{ERASURE}"' not in html


async def _another_does_it(trial: Trial) -> None:
    """A second person signs on the same ground, and the certificate is kept word for word."""
    async with browsing(trial.server) as dora:
        await sign_in(dora, "dora")
        _, html = await page(dora, ERASURE)
        assert "A Person (ivan) asked for it" in html
        assert SECRET_WORDS in html
        status, html = await ask(dora, ground="retention", reason="as decided")
        assert status == 422
        status, html = await ask(dora, name="Dora Data", reason="as decided")
        assert (status, said(html)) == (200, "K-001 is erased. The certificate stands below.")
        async with dora.get(f"{ERASURE}/certificate") as answer:
            certificate = await answer.text()
    assert "Asked for by A Person (staff:ivan)" in certificate
    assert "before.pro" in certificate
    kept = "SELECT certificate, certificate_sha256 FROM erasures WHERE step = 'erased'"
    sha256 = hashlib.sha256(certificate.encode()).hexdigest()
    assert await trial.fetch(kept) == [(certificate, sha256)]


async def _it_opens_to_nobody(trial: Trial, investigator: aiohttp.ClientSession) -> None:
    """Nothing of it opens, for this process or any other; what stands behind the alert does."""
    facts = await trial.facts("K-001")
    assert (facts.data_key, facts.contacts) == (None, ())
    assert status_of(facts) is Status.withdrew_data_use
    _, html = await page(investigator, ERASURE)
    assert URGENT in html
    assert SECRET_WORDS in html
    assert CHATTER not in html
    _, html = await page(investigator, PAGE)
    assert CHATTER not in html
    # Nothing is offered that nobody can do any more, and nothing of it can be done.
    offered = [f'href="{PAGE}/{one}' for one in ("entry", "corrections", "card", "note", "tablet")]
    assert [one for one in offered if one in html] == []
    assert (await page(investigator, f"{PAGE}/entry"))[0] == 409
    await _nothing_opens(trial, trial.context.keys.vault)
    owner_sees = await _owner(trial)
    try:
        assert await places_of(owner_sees, [SECRET_WORDS, phone(1)]) == {}
    finally:
        await owner_sees.close()


async def _life_goes_on(trial: Trial) -> None:
    """Nobody finds the number, whoever has it now is a stranger, the others are asked as before."""
    theirs = f"participant_id = '{trial.participants['K-001']}'"
    assert await trial.count("contact_points", f"{theirs} AND index_key <> 'erased'") == 0
    checked = await trial.enrol(row("K-003", phone=phone(1)))
    assert checked.enrolled == 1
    await trial.says("K-003", CHATTER)
    await trial.happened("K-002", EventKind.injection)
    for _ in range(3):
        await trial.move(timedelta(days=1, hours=10))
        await trial.remind()
        await rounds.closing_round(trial.pools.worker, trial.context)
        await rounds.call_round(trial.pools.worker, trial.context)
    assert len(await trial.texts("K-002")) > 1


async def _nothing_opens(trial: Trial, vault: Vault) -> None:
    held = await trial.fetch(
        "SELECT count(*) FROM notes AS n WHERE n.participant_id = $1 AND EXISTS (SELECT FROM"
        " data_keys AS k WHERE n.words_key = 'A256GCM:' || k.id)",
        trial.participants["K-001"],
    )
    assert held == [(0,)]
    (key,) = await trial.fetch(
        "SELECT DISTINCT words_key FROM notes WHERE participant_id = $1",
        trial.participants["K-001"],
    )
    assert not vault.holds(data_key_of(key[0]))


async def _owner(trial: Trial) -> Connection:
    return await connect(trial.url, role="pro_owner", actor=ACTOR)


async def test_the_database_itself_wants_two_persons_and_the_command_says_who_is_missing(
    erasable: Trial, tmp_path: Path
) -> None:
    trial = erasable
    await restrict(trial.who("K-001"), actor=ACTOR, reason="at her wish")
    await close_alerts(trial)
    commands = commands_on(trial)
    done = await commands.call("participant", "erase", "K-001", "--preview")
    assert (done.code, "Telephone numbers and other addresses" in done.out) == (0, True), done.err
    assert "No" in done.out
    words = ("participant", "erase", "K-001", "--ground", "decision", "--reason", SECRET_WORDS)

    async def sign_as(login: str, *more: str) -> tuple[int, str]:
        who = ("--by", login, "--name", "Somebody", "--password-stdin")
        done = await commands.call(*words, *who, *more, stdin=f"{PASSWORD}\n")
        return done.code, done.out + done.err

    code, said_of = await sign_as("anna")
    assert (code, "does not do this" in said_of) == (1, True)
    code, said_of = await sign_as("ivan")
    assert (code, said_of) == (0, "Asked for: another person erases within 7 days.\n")
    code, said_of = await sign_as("ivan")
    assert (code, "another person erases" in said_of) == (1, True)
    with pytest.raises(Exception, match="two persons"):
        await trial.fetchval(
            "SELECT pro.destroy_key($1, $2)", trial.study_id, trial.participants["K-001"]
        )
    code, said_of = await sign_as("dora", "--out", f"{tmp_path}/papers")
    assert (code, "K-001 is erased. SHA-256:" in said_of) == (0, True), said_of
    assert "erasure-K-001.txt" in said_of
    done = await commands.call("participant", "erase", "K-001", "--preview")
    assert "Erased by staff:dora" in done.out
    code, said_of = await sign_as("dora")
    assert (code, "erased before" in said_of) == (1, True)
    for late in ("restrict", "status"):
        more = ("--by", "ivan") if late == "restrict" else ("paused",)
        done = await commands.call("participant", late, "K-001", *more, "--reason", "x")
        assert done.code == 1, done.out
