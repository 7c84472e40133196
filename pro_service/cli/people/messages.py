"""`pro-service messages preview`: every text at once, what it costs and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import (
    ProtocolFileError,
    example_protocol_file,
    load_protocol_file,
)
from pro_service.cli.options import read_country
from pro_service.config import read_settings
from pro_service.domain.delivery.senders import SMS
from pro_service.domain.delivery.templates import most_segments
from pro_service.domain.study.protocol import Protocol
from pro_service.services.study.costs import Cost, costs_of, ways_of
from pro_service.services.study.previews import Preview, Shown
from pro_service.texts.catalogue import load_texts

messages_app = typer.Typer(no_args_is_help=True, help="The texts that are sent.")


@messages_app.command("preview")
def preview_command(
    protocol: Annotated[
        Path | None, typer.Option(help="The study's protocol; without one, the example.")
    ] = None,
    provider: Annotated[str, typer.Option(help="Whose rules hold.")] = "twilio",
    country: Annotated[
        list[str] | None, typer.Option(help="Where texts go, for example US; may be repeated.")
    ] = None,
    public_url: Annotated[
        str, typer.Option(help="The address links carry: its length counts.")
    ] = "https://study.example.org",
    problems_only: Annotated[bool, typer.Option(help="Only what is wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show every template and question in every language; exit 1 if anything is wrong."""
    study = _read(protocol)
    channels = load_channels(read_settings().channels_file)
    preview = Preview(
        load_texts(),
        load_instruments(),
        study,
        public_url=public_url,
        rules=[channels.rule_for(SMS, provider, read_country(one)) for one in country or ["US"]],
    )
    shown = list(preview.all())
    broken = [one for one in shown if one.problems]
    for one in broken if problems_only else shown:
        typer.echo(_as_json(one) if as_json else _as_text(one))
    if not as_json:
        typer.echo(f"{len(shown)} texts, {len(broken)} with something wrong.")
    if broken:
        raise typer.Exit(1)


@messages_app.command("cost")
def cost_command(
    protocol: Annotated[
        Path | None, typer.Option(help="The study's protocol; without one, the example.")
    ] = None,
    public_url: Annotated[
        str, typer.Option(help="The address links carry: its length counts.")
    ] = "https://study.example.org",
    provider: Annotated[
        str | None, typer.Option(help="Only as this provider may write there.")
    ] = None,
    country: Annotated[str, typer.Option(help="Where texts go.")] = "US",
    price: Annotated[
        float | None, typer.Option(min=0, help="What a segment costs by your contract.")
    ] = None,
) -> None:
    """Show what one participant with one treated knee costs who answers at the first asking."""
    study, country = _read(protocol), read_country(country)
    channels = load_channels(read_settings().channels_file)
    ways = None if provider is None else ways_of(channels, provider, country)
    if ways == ():
        typer.echo(f"{provider} writes to nobody in {country}.")
        raise typer.Exit(1)
    for one in costs_of(load_texts(), load_instruments(), study, public_url=public_url):
        if ways is None or one.way in ways:
            typer.echo(_cost(one, price))


def _cost(one: Cost, price: float | None) -> str:
    if one.way == "email":
        return f"{one.language}, by email: {one.sent} letters sent"
    said = (
        f"{one.language}, by {one.way}: {one.segments} segments in {one.sent} texts sent,"
        f" {one.received} texts received"
    )
    return said if price is None else f"{said}: {one.segments * price:.2f} for the texts sent"


def _read(protocol: Path | None) -> Protocol:
    try:
        return load_protocol_file(protocol or example_protocol_file()).protocol
    except ProtocolFileError as error:
        for problem in error.problems:
            typer.echo(str(problem))
        raise typer.Exit(1) from error


def _as_text(one: Shown) -> str:
    counted = one.counted
    head = (
        f"{one.template} ({one.language}): {counted.characters} characters, "
        f"{counted.encoding}, {counted.segments} segment{'s' if counted.segments > 1 else ''}"
        f" of at most {most_segments(one.template)}"
    )
    lines = [head, *(f"    {line}" for line in one.text.splitlines())]
    return "\n".join([*lines, *(f"  ! {problem}" for problem in one.problems), ""])


def _as_json(one: Shown) -> str:
    return json.dumps(
        {
            "template": one.template,
            "language": one.language,
            "text": one.text,
            "characters": one.counted.characters,
            "encoding": one.counted.encoding,
            "segments": one.counted.segments,
            "most_segments": most_segments(one.template),
            "problems": one.problems,
        },
        ensure_ascii=False,
    )
