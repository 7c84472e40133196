"""Findings in one screen, for `doctor` and `drill`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import typer
from rich.table import Table

from pro_service.cli.runtime import out
from pro_service.services.keeping import Finding, State

COLOURS: Final = {State.well: "green", State.look: "yellow", State.wrong: "red"}


def show_findings(findings: Sequence[Finding]) -> None:
    """Print them, a line each; exit code 1 where one is wrong."""
    table = Table(box=None, pad_edge=False)
    for head in ("", "what", "how it is"):
        table.add_column(head, overflow="fold")
    for one in findings:
        said = f"{one.said} {one.mend}".strip().replace("[", "\\[")
        table.add_row(f"[{COLOURS[one.state]}]{one.state}[/]", one.name, said)
    out.print(table)
    if any(one.state is State.wrong for one in findings):
        raise typer.Exit(1)
