"""`audit verify`, `audit head`, `audit export`, and the keys they need."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from pro_service.cli.runtime import folder_keys
from pro_service.domain.seals import read_seal
from pro_service.services import record
from pro_service.services.record import Sealer
from pro_service.vault.signing import SigningRing
from tests.support.audit import Audit, tamper
from tests.support.command import Commands
from tests.support.study import open_trial

NO_KEYS: Final = {
    "PRO_VAULT_KEYS": None,
    "PRO_INDEX_KEYS": None,
    "PRO_LINK_KEYS": None,
    "PRO_SEAL_KEYS": None,
}
NOTHING_AT_ALL: Final = {**NO_KEYS, "PRO_DATABASE_URL": None}


class Desk(NamedTuple):
    """A sealed record, whose heads were kept, and somebody with a terminal."""

    audit: Audit
    commands: Commands
    heads: Path
    public: str


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """What an inspector meets."""
    heads = tmp_path / "heads.jsonl"
    async with open_trial(database_url) as trial:
        keys = SigningRing.generate()
        audit = Audit(trial, Sealer(keys, heads))
        await audit.live()
        commands = Commands(database_url, seal_keys=keys.reveal())
        yield Desk(audit, commands, heads, str(keys.public))


async def test_verifying_takes_the_public_key_and_no_secret(desk: Desk, tmp_path: Path) -> None:
    binder = tmp_path / "binder.txt"
    binder.write_text(f"{desk.public}\n")
    for key in (desk.public, str(binder)):
        words = ("audit", "verify", "--public-key", key, "--heads", str(desk.heads))
        done = await desk.commands.call(*words, environment=NO_KEYS)
        assert done.code == 0, done.out + done.err
        assert "is what was sealed" in done.out


async def test_where_it_breaks_is_said_and_the_exit_code_is_1(desk: Desk) -> None:
    row = await tamper(desk.audit.trial.url, "DELETE FROM pro.alerts RETURNING id::text")
    done = await desk.commands.call("audit", "verify")
    assert done.code == 1
    assert f"row {row} of alerts: gone" in done.out
    assert "NOT what was sealed: 1 fault(s)" in done.err


async def test_heads_kept_outside_find_what_was_cut_off(desk: Desk) -> None:
    await tamper(
        desk.audit.trial.url,
        "DELETE FROM pro.audit_seals WHERE id = (SELECT max(id) FROM pro.audit_seals)",
    )
    assert (await desk.commands.call("audit", "verify")).code == 0
    done = await desk.commands.call("audit", "verify", "--heads", str(desk.heads))
    assert (done.code, "cut off" in done.out) == (1, True)
    with desk.heads.open("a") as file:
        file.write('{"seal": 1')
    done = await desk.commands.call("audit", "verify", "--heads", str(desk.heads))
    assert (done.code, len(done.err.splitlines()), "is not a head" in done.err) == (1, 1, True)


async def test_a_key_that_signed_nothing_verifies_nothing(desk: Desk) -> None:
    other = str(SigningRing.generate().public)
    done = await desk.commands.call("audit", "verify", "--public-key", other)
    assert (done.code, "whose public key was not given" in done.out) == (1, True)
    for wrong in ("no key", "k1:AAAA"):
        done = await desk.commands.call("audit", "verify", "--public-key", wrong)
        assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
        assert "ID:BASE64" in done.err


async def test_without_any_public_key_one_line_says_what_to_do(desk: Desk) -> None:
    done = await desk.commands.call("audit", "verify", environment=NO_KEYS)
    assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
    assert "--public-key" in done.err


async def test_the_head_is_the_newest_seal_as_one_line(desk: Desk) -> None:
    done = await desk.commands.call("audit", "head", environment=NO_KEYS)
    assert done.code == 0, done.err
    assert read_seal(done.out) == await desk.audit.head()
    assert list(record.read_heads(desk.heads))[-1] == read_seal(done.out)


async def test_an_export_is_verified_without_a_database(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    done = await desk.commands.call("audit", "export", str(file), environment=NO_KEYS)
    assert done.code == 0, done.err
    again = await desk.commands.call("audit", "export", str(file), environment=NO_KEYS)
    assert (again.code, "there already" in again.err) == (1, True)
    words = ("audit", "verify", "--public-key", desk.public, "--file")
    kept = ("--heads", str(desk.heads))
    done = await desk.commands.call(*words, str(file), *kept, environment=NOTHING_AT_ALL)
    assert done.code == 0, done.out + done.err

    lines = file.read_text().splitlines()
    place = next(n for n, line in enumerate(lines) if "participant:K-001" in line)
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join(lines).replace("participant:K-001", "participant:K-002") + "\n")
    done = await desk.commands.call(*words, str(changed), environment=NOTHING_AT_ALL)
    assert done.code == 1
    assert f"line {place + 1}, in seal" in done.out

    short = tmp_path / "short.jsonl"
    short.write_text("\n".join(lines[:-3]) + "\n")
    done = await desk.commands.call(*words, str(short), *kept, environment=NOTHING_AT_ALL)
    assert (done.code, "breaks off" in done.out) == (1, True)

    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"something": "else"}) + "\n")
    done = await desk.commands.call(*words, str(other), environment=NOTHING_AT_ALL)
    assert (done.code, len(done.err.splitlines()), "Line 1" in done.err) == (1, 1, True)


async def test_the_public_keys_are_printed_for_the_binder(desk: Desk) -> None:
    done = await desk.commands.call("keys", "public")
    assert (done.code, done.out.strip()) == (0, desk.public)


async def test_the_public_keys_of_a_data_folder_are_printed_too(desk: Desk, tmp_path: Path) -> None:
    """Its seals are made with keys that no setting holds."""
    words = ("keys", "public", "--data", str(tmp_path))
    printed = await desk.commands.call(*words, environment=NOTHING_AT_ALL)
    kept = SigningRing.parse(json.loads((tmp_path / "keys.json").read_text("utf-8"))["seal"])
    assert (printed.code, printed.out.strip()) == (0, str(kept.public))


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_without_a_signing_key_the_service_does_not_start(
    database_url: str, command: str
) -> None:
    commands = Commands(database_url)
    done = await commands.call(command, environment={"PRO_SEAL_KEYS": None})
    assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
    assert "PRO_SEAL_KEYS is not set" in done.err
    assert "keys new" in done.err


def test_a_data_folder_of_an_older_release_gets_its_signing_key_once(tmp_path: Path) -> None:
    before = folder_keys(tmp_path)
    kept = tmp_path / "keys.json"
    old = {name: key.get_secret_value() for name, key in before.items() if name != "seal"}
    kept.write_text(json.dumps(old))
    now = folder_keys(tmp_path)
    assert {name: now[name].get_secret_value() for name in old} == old
    SigningRing.parse(now["seal"].get_secret_value())
    assert folder_keys(tmp_path) == now
    assert kept.stat().st_mode & 0o077 == 0
