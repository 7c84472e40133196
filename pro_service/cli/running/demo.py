"""`pro-service demo`: a study to play with; headless, a whole trial lived at once and proved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.lazy import loading
from pro_service.demo.personas import MOST_PARTICIPANTS


def demo_command(
    headless: Annotated[
        bool, typer.Option("--headless", help="Live a whole trial at once and print the proof.")
    ] = False,
    participants: Annotated[
        int, typer.Option(min=1, max=MOST_PARTICIPANTS, help="How many take part.")
    ] = 12,
    days: Annotated[int, typer.Option(min=1, max=1000, help="How many study days.")] = 183,
    seed: Annotated[int, typer.Option(help="Another seed is another trial.")] = 1,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.json", help="With --headless: write figures here."),
    ] = None,
    data: Annotated[
        Path, typer.Option("--data", metavar="FOLDER", help="Where the demo is kept.")
    ] = Path("pro-demo"),
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to serve on (else 8080); 0 is any free one."),
    ] = None,
    ready: Annotated[
        Path | None,
        typer.Option("--ready", metavar="FILE.json", help="Once it serves: addresses, sign-in."),
    ] = None,
) -> None:
    """Serve a study in progress, with phones to hold and time to move, kept in a folder.

    With --headless: live a whole trial on a temporary database and prove what it did.
    """
    # Each loads what it needs alone: whoever plays with a study waits for no proof.
    if headless:
        with loading():
            from pro_service.cli.running.headless import live_headless

        live_headless(participants, days, seed, report)
        return
    with loading():
        from pro_service.cli.running.live_demo import live_demo

    live_demo(data=data, port=port, ready=ready, participants=participants, days=days, seed=seed)
