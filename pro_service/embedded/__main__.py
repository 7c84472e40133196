"""Run a server in the foreground: `python -m pro_service.embedded --data FOLDER`.

Prints the server's URL, its password within, as one line once it is ready; SIGINT or SIGTERM
stops it.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from pro_service.embedded import EmbeddedError, EmbeddedPostgres


async def run(chosen: argparse.Namespace) -> int:
    """Serve until asked to stop; 1 if the server ended by itself."""
    stop = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    async with EmbeddedPostgres(
        chosen.data,
        durable=not chosen.not_durable,
        trusting=chosen.trusting,
        bin_dir=chosen.bin_dir,
    ) as server:
        print(server.url, flush=True)
        while server.running and not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), 1)
            except TimeoutError:
                continue
        return 0 if stop.is_set() else 1


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Run PostgreSQL in the foreground.")
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--bin-dir", type=Path, help="another installation's bin folder")
    parser.add_argument("--not-durable", action="store_true", help="faster; for tests only")
    parser.add_argument(
        "--trusting", action="store_true", help="ask for no password; for tests only"
    )
    try:
        return asyncio.run(run(parser.parse_args()))
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
