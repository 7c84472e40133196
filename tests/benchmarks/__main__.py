"""How fast the service is, beside what limits it: `python -m tests.benchmarks journey|texts|...`.

README.md in this folder says what each measures and what its columns mean.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks import (
    api,
    bringing,
    desk,
    exports,
    growth,
    journey,
    pushes,
    reminders,
    sending,
    size,
    texts,
)
from tests.benchmarks.measuring.chosen import Chosen, Found, circumstances
from tests.benchmarks.measuring.server import Server, running_server, write_json
from tests.benchmarks.measuring.service import dearest_functions

BENCHES: Final[dict[str, Callable[[Chosen, Server], Awaitable[Found]]]] = {
    "journey": journey.measure,
    "texts": texts.measure,
    "pushes": pushes.measure,
    "reminders": reminders.measure,
    "sending": sending.measure,
    "growth": growth.measure,
    "desk": desk.measure,
    "exports": exports.measure,
    "size": size.measure,
    "api": api.measure,
    "measures": bringing.measure,
    "exports-growth": exports.measure_growth,
}
BY_NAME_ALONE: Final = frozenset({"exports-growth"})
"""Those that `all` leaves out: filling 20,000 participants takes half an hour."""
SERVED: Final = ("journey", "texts")
"""Those that measure `serve`."""


def read_words(words: Sequence[str]) -> tuple[list[str], Chosen, Path | None]:
    """The benchmarks named, what is asked of them, and where the figures are to be kept."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure the service beside its limits."
    )
    parser.add_argument("bench", nargs="+", choices=[*BENCHES, "all"])
    parser.add_argument("--url", help="a PostgreSQL; databases are made and dropped on it")
    parser.add_argument("--folder", type=Path, help="keep server and filled study for next time")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each (7)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round (3)")
    parser.add_argument("--clients", type=int, default=8, help="clients side by side (8)")
    parser.add_argument("--participants", type=int, default=2_000, help="in the study (2000)")
    parser.add_argument("--alone", action="store_true", help="leave out what stands beside")
    parser.add_argument("--no-packages", action="store_true", help="leave out what pip must fetch")
    parser.add_argument("--profile", type=Path, help="watch serve (journey, texts), which slows it")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    given = parser.parse_args(words)
    chosen = Chosen(
        url=given.url,
        folder=given.folder,
        rounds=given.rounds,
        seconds=given.seconds,
        clients=given.clients,
        participants=given.participants,
        beside=not given.alone,
        packages=not (given.alone or given.no_packages),
        profile=None if given.profile is None else given.profile.resolve(),
    )
    every = [name for name in BENCHES if name not in BY_NAME_ALONE]
    return every if "all" in given.bench else given.bench, chosen, given.json


async def run(benches: Sequence[str], chosen: Chosen, json_file: Path | None) -> None:
    """Measure one after the other, and print each as it is done."""
    kept: dict[str, object] = {}
    async with running_server(chosen.url, chosen.folder) as server:
        for name in benches:
            where = circumstances(server.version, chosen)
            print(", ".join(f"{key} {value}" for key, value in where.items()), flush=True)
            found = await BENCHES[name](chosen, server)
            if name in SERVED and chosen.profile is not None:
                found.more += dearest_functions(chosen.profile)
            print("\n".join(found.lines()), flush=True)
            kept[name] = {"circumstances": where, "sides": found.sides, "notes": found.notes}
            if json_file is not None:
                write_json(json_file, kept)


def main() -> None:
    """Read the command line, measure, print."""
    benches, chosen, json_file = read_words(sys.argv[1:])
    loop_factory = None
    if sys.platform != "win32":
        import uvloop

        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run(benches, chosen, json_file))


if __name__ == "__main__":
    main()
