"""`lock`, `record verify-signatures`, `cut` and `export --cut`, as somebody types them."""

from __future__ import annotations

import re
from pathlib import Path

from pro_service.store.pools import connect
from tests.integration.desk.signing.test_signing import correct, sign
from tests.support.command import Commands
from tests.support.desk import PASSWORD, sign_in
from tests.support.record.words import places_of
from tests.support.study import ACTOR, SECRET, Trial
from tests.support.web import browsing

CANARY = "the knee was swollen"


def commands_on(trial: Trial) -> Commands:
    """The command line on the trial's database; no keys of its participants are needed but those
    that seal words."""
    vault = trial.context.keys.vault
    return Commands(
        trial.url,
        vault_keys=vault._master.reveal(),
        index_keys=vault._index.reveal(),
        link_keys=vault._link.reveal(),
        simulator_secret=SECRET.get_secret_value(),
    )


async def test_a_lock_is_set_listed_and_lifted_by_two_who_sign(trial: Trial) -> None:
    commands = commands_on(trial)
    # Nothing named is no wish to lock the whole study.
    for named in ((), ("--study-wide", "--site", "BJ01"), ("--visit", "week_2")):
        done = await commands.call("lock", "set", *named, "--reason", "interim")
        assert (done.code, "say --study-wide" in done.err) == (2, True), done
    words = ("lock", "set", "--participant", "K-001")
    done = await commands.call(*words, "--preview", "--reason", CANARY)
    assert (done.code, "Would lock 1 visits of 1 participants" in done.out) == (0, True), done.err
    done = await commands.call(*words, "--reason", CANARY)
    assert (done.code, "Locked 1 visits of 1 participants" in done.out) == (0, True), done.err
    done = await commands.call("lock", "set", "--site", "BJ01", "--reason", "interim")
    assert (done.code, "Locked 1 visits of 1 participants" in done.out) == (0, True), done.err
    done = await commands.call(*words, "--reason", "again")
    assert (done.code, "Nothing of it has closed that is not locked." in done.err) == (1, True)
    done = await commands.call(*words, "--visit", ":1", "--reason", "again")
    assert (done.code, "week_2:2" in done.err) == (1, True)
    done = await commands.call("lock", "set", "--study-wide", "--reason", "again")
    assert (done.code, "Nothing of it has closed that is not locked." in done.err) == (1, True)
    listed = await commands.call("lock", "list")
    site, participant = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", listed.out)

    async def lift(lock: str, login: str, password: str = PASSWORD) -> tuple[int, str]:
        reason = CANARY if lock == participant else "over"
        done = await commands.call(
            *("lock", "lift", lock, "--by", login, "--name", "Somebody", "--reason", reason),
            "--password-stdin",
            stdin=f"{password}\n",
        )
        return done.code, done.out + done.err

    code, said = await lift(participant, "dora", "four other words here")
    assert (code, "do not belong together" in said) == (1, True)
    code, said = await lift(participant, "anna")
    assert (code, "does not do this" in said) == (1, True)
    assert await lift(participant, "dora") == (0, "Lifted.\n")
    assert (await lift(site, "dora"))[1].startswith("Asked for")
    code, said = await lift(site, "dora")
    assert (code, "Another person lifts" in said) == (1, True)
    assert await lift(site, "dirk") == (0, "Lifted.\n")
    owner = await connect(trial.url, role="pro_owner", actor=ACTOR)
    try:
        assert await places_of(owner, [CANARY]) == {}
        still_open = "SELECT count(*) FROM pro.staff_sessions WHERE ended_at IS NULL"
        assert await owner.fetchval(still_open) == 1  # Of whoever typed the answer, long before.
    finally:
        await owner.close()


async def test_signatures_are_verified_and_a_cut_shows_what_stood(
    trial: Trial, tmp_path: Path
) -> None:
    commands = commands_on(trial)
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        await sign(ines)
    done = await commands.call("record", "verify-signatures")
    assert (done.code, "1 signatures, 0 of them void." in done.out) == (0, True), done.err
    done = await commands.call("cut", "make", "interim-1", "--by", "li", "--reason", "first look")
    assert done.code == 0, done.err
    await correct(trial)
    done = await commands.call("record", "verify-signatures", "--participant", "K-001")
    assert (done.code, "1 signatures, 1 of them void." in done.out) == (1, True), done.err
    assert re.search(r"VOID K-001, baseline: Dr Ines Berg \(staff:ines\)", done.out)
    assert re.search(r"pain: 8 -> 3, \S+ by staff:ivan", done.out)
    listed = await commands.call("cut", "list")
    assert ("interim-1" in listed.out, "cli:li" in listed.out) == (True, True)
    folder = tmp_path / "cut"
    done = await commands.call("export", "--csv", str(folder), "--cut", "interim-1")
    assert done.code == 0, done.err
    (line,) = (folder / "signatures.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert line.endswith(",yes,0")
    folder = tmp_path / "now"
    await commands.call("export", "--csv", str(folder))
    (line,) = (folder / "signatures.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert re.search(r",no,\d$", line)
    both = await commands.call(
        "export", "--csv", str(tmp_path / "x"), "--cut", "a", "--as-of", "2026-01-01T00:00:00Z"
    )
    assert both.code == 2
