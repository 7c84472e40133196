"""Whether a process killed at any moment loses or doubles a text, sent or received.

    python -m tests.benchmarks.kill_points --seeds 20
    python -m tests.benchmarks.kill_points --seeds 20 --provider aliyun
    python -m tests.benchmarks.kill_points --seeds 5 --naive "send first"    # must be caught
    python -m tests.benchmarks.kill_points --seeds 5 --naive "mark first"    # must be caught
    python -m tests.benchmarks.kill_points --seeds 5 --naive "answer first"  # must be caught
    python -m tests.benchmarks.kill_points --seeds 5 --naive "store always"  # must be caught

Counted in the provider's own book: see `killing.sending` and `killing.receiving`. Exits with 1 on
any double, loss or open end. With a provider of mainland China whatever goes without its
registration is counted too, and texts and receipts come in as batches, which are kept first: see
`killing.pushing`. With `email` nothing comes in but reports about letters, which a mail server
hands over as it likes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final, get_args

from tests.benchmarks.killing import pushing as kill_pushing
from tests.benchmarks.killing import receiving as kill_receiving
from tests.benchmarks.killing import sending as kill_sending
from tests.benchmarks.killing import templates
from tests.support import databases
from tests.support.china.account import ChinaName
from tests.support.killing.kill_provider import KILL_PROVIDERS, KillProvider
from tests.support.killing.kill_receiver import NaiveReceiver
from tests.support.killing.kill_worker import Naive

SENDERS: Final = get_args(Naive)
RECEIVERS: Final = get_args(NaiveReceiver)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 on any double, loss or open end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds at every point")
    parser.add_argument(
        "--naive", choices=[*SENDERS, *RECEIVERS], help="a sender or receiver that must be caught"
    )
    parser.add_argument("--provider", choices=KILL_PROVIDERS, default="twilio")
    given = parser.parse_args(arguments)
    seeds = range(given.seeds)
    with (
        databases.server_for_tests() as server_url,
        databases.migrated_template(server_url) as migrated,
    ):
        sound = True
        if given.naive not in RECEIVERS:
            with databases.clone(server_url, migrated) as url:
                sound &= _sending(server_url, url, seeds, given.naive, given.provider)
        if given.naive not in SENDERS and given.provider == "twilio":
            with databases.clone(server_url, migrated) as url:
                sound &= _receiving(server_url, url, seeds, given.naive)
        if given.naive is None and given.provider in get_args(ChinaName):
            with databases.clone(server_url, migrated) as url:
                sound &= _pushed(server_url, url, seeds, given.provider)
    return 0 if sound and given.seeds > 0 else 1


def _sending(
    server_url: str, url: str, seeds: Sequence[int], naive: Naive | None, provider: KillProvider
) -> bool:
    async def whole() -> kill_sending.Count:
        template = await templates.template_of(server_url, url, provider)
        return await kill_sending.prove(template, seeds, naive=naive)

    total = asyncio.run(whole())
    _print("sending", total, total.notes)
    return total.sound


def _receiving(
    server_url: str, url: str, seeds: Sequence[int], naive: NaiveReceiver | None
) -> bool:
    async def whole() -> kill_receiving.Count:
        template = await templates.make_template(server_url, url, asked=True)
        return await kill_receiving.prove(template, seeds, naive=naive)

    total = asyncio.run(whole())
    _print("receiving", total, total.notes)
    return total.sound


def _pushed(server_url: str, url: str, seeds: Sequence[int], provider: ChinaName) -> bool:
    async def whole() -> kill_pushing.Count:
        template = await templates.make_china_template(server_url, url, provider, sent=True)
        return await kill_pushing.prove(template, seeds)

    total = asyncio.run(whole())
    _print("receiving", total, total.notes)
    return total.sound


def _print(what: str, total: object, notes: Sequence[str]) -> None:
    print(f"{what}: {total}")
    for line in notes[:20]:
        print(" ", line)


if __name__ == "__main__":
    sys.exit(main())
