"""`pro-service protocol check FILE`: everything wrong with a protocol at once, with the mend."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.protocol_files import ProtocolFileError, load_protocol_file
from pro_service.domain.study.checking.binding import unbound
from pro_service.domain.study.coming import not_yet


def register_check(protocol_app: typer.Typer) -> None:
    """Add the command `check` to the group `protocol`."""
    protocol_app.command("check")(check)


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The protocol, a TOML file.")],
) -> None:
    """Check a protocol file; exit 1 and one line a problem if anything is wrong."""
    try:
        protocol, text, content_sha256 = load_protocol_file(file)
    except ProtocolFileError as error:
        for problem in error.problems:
            typer.echo(str(problem))
        raise typer.Exit(1) from error
    asks = sum(len(visit.asks) for visit in protocol.visits)
    typer.echo(
        f"{file.name} is in order: study {protocol.study.code}, {len(protocol.visits)} visits, "
        f"{asks} questionnaires asked, {len(protocol.safety.rules)} safety rules, "
        f"version {content_sha256[:12]}."
    )
    for place, binds in unbound(protocol):
        typer.echo(f"note: {place} {binds}.")
    for place, purpose in not_yet(tomllib.loads(text)):
        typer.echo(f"note: {place} is checked, but nothing acts upon it yet: {purpose}.")
