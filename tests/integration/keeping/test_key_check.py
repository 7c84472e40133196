"""Keys are tried on what is stored: a missing one, another one, and a retired one that is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pro_service.services.base.key_check import check_keys, keys_in_use
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.study import Trial, open_trial, row


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """Two participants: one answers by link, so that every ring has made something."""
    async with open_trial(database_url) as opened:
        await opened.enrol(row("K-001", channel="link"), row("K-002"))
        await opened.ask()
        yield opened


def with_rings(
    trial: Trial,
    *,
    master: KeyRing | None = None,
    index: KeyRing | None = None,
    link: KeyRing | None = None,
) -> Vault:
    vault = trial.context.keys.vault
    return Vault(master or vault._master, index or vault._index, link or vault._link)


async def faults(trial: Trial, vault: Vault) -> list[tuple[str, str]]:
    return [(one.ring, one.key_id) for one in await check_keys(trial.operator, vault)]


async def test_the_keys_in_use_fit(trial: Trial) -> None:
    assert await keys_in_use(trial.operator) == (("m1",), ("i1",), ("l1",))
    assert await faults(trial, with_rings(trial)) == []


@pytest.mark.parametrize("key_id", ["1", "other"])
async def test_each_ring_that_does_not_fit_is_named(trial: Trial, key_id: str) -> None:
    """Under the same id it is another key; under another id the old one is missing."""

    def ring(letter: str) -> KeyRing:
        return KeyRing.generate(f"{letter}1" if key_id == "1" else "other")

    assert await faults(trial, with_rings(trial, master=ring("m"))) == [("PRO_VAULT_KEYS", "m1")]
    assert await faults(trial, with_rings(trial, index=ring("i"))) == [("PRO_INDEX_KEYS", "i1")]
    assert await faults(trial, with_rings(trial, link=ring("l"))) == [("PRO_LINK_KEYS", "l1")]


async def test_a_retired_key_behind_the_primary_one_still_fits(trial: Trial) -> None:
    def behind(ring: KeyRing) -> KeyRing:
        return KeyRing({**KeyRing.generate("new").keys, **ring.keys})

    vault = trial.context.keys.vault
    rotated = with_rings(
        trial,
        master=behind(vault._master),
        index=behind(vault._index),
        link=behind(vault._link),
    )
    assert await faults(trial, rotated) == []


async def test_every_fault_is_said_at_once_with_its_mend(trial: Trial) -> None:
    fresh = Vault(*(KeyRing.generate(name) for name in ("a", "b", "c")))
    found = await check_keys(trial.operator, fresh)
    assert {one.ring for one in found} == {"PRO_VAULT_KEYS", "PRO_LINK_KEYS"}, (
        "a number cannot be opened without the vault's key, which is named already"
    )
    for one in found:
        assert one.mend.startswith("Put that key back into")
