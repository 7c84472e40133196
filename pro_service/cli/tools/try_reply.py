"""`pro-service try-reply`: what the service would make of a participant's reply.

Reads no database and stores nothing; the example numbers in the replies are fictitious.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, get_args
from uuid import UUID

import typer

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.advance import advance
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, Given, Prompt
from pro_service.domain.instruments.model import Instrument, Item, Language
from pro_service.texts.catalogue import TextContext, Texts, load_texts

_ASSESSMENT = UUID(int=1)
_ASKED_AT = datetime(2026, 1, 1, tzinfo=UTC)  # no rule of a single step looks at the time
_SENDERS: dict[Language, str] = {"en": "Study team", "zh_CN": "随访小组"}
_EMERGENCY: dict[Language, str] = {"en": "911", "zh_CN": "120"}


def register(app: typer.Typer) -> None:
    """Add the command `try-reply` to `app`."""
    # A reply such as "-1" is a text to try, not an option.
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command("try-reply", context_settings=settings)(try_reply)


def try_reply(
    instrument: Annotated[str, typer.Argument(help="Instrument id, for example pain-nrs.")],
    item: Annotated[str, typer.Argument(help="Item code, for example pain.")],
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]...", help="Replies; without any, one a line is read."),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the answer: en or zh_CN.")] = "en",
) -> None:
    """Show, as one JSON object a line, how each reply to one item is understood."""
    instruments = load_instruments()
    if instrument not in instruments:
        raise _unknown("instrument", instrument, instruments)
    chosen = instruments[instrument]
    if item not in {one.code for one in chosen.items}:
        raise _unknown(f"item of {instrument}", item, [one.code for one in chosen.items])
    spoken = next((known for known in get_args(Language) if known == language), None)
    if spoken is None:
        raise _unknown("language", language, get_args(Language))
    words = load_texts()
    for text in _given(texts):
        shown = _tried(chosen, chosen.item(item), text, spoken, words)
        typer.echo(json.dumps(shown, ensure_ascii=False).encode())


def _unknown(what: str, given: str, known: object) -> typer.Exit:
    names = ", ".join(str(name) for name in known) if hasattr(known, "__iter__") else ""
    typer.echo(f"There is no {what} {given!r}. Known: {names}.", err=True)
    return typer.Exit(2)


def _given(texts: list[str] | None) -> Iterator[str]:
    if texts:
        for text in texts:
            # The shell may hand over bytes that are no UTF-8; show them as replaced.
            yield text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _tried(
    instrument: Instrument, item: Item, text: str, language: Language, words: Texts
) -> dict[str, object]:
    codes = [one.code for group in instrument.groups for one in map(instrument.item, group)]
    before = codes[: codes.index(item.code)]
    entry = AgendaEntry(
        assessment_id=_ASSESSMENT,
        instrument=instrument,
        target="left_knee" if instrument.asks_about == "knee" else "person",
        text_mode="item",
        answered={code: instrument.item(code).minimum for code in before},
    )
    dialogue = Dialogue(
        prompt=Prompt(assessment_id=_ASSESSMENT, items=(item.code,), asked_at=_ASKED_AT),
        last=Given(assessment_id=_ASSESSMENT, items=(before[-1],)) if before else None,
    )
    step = advance(dialogue, [entry], text, _ASKED_AT)
    value = next((one.value for one in step.answers if one.gap is None), None)
    context = TextContext(
        sender=_SENDERS[language],
        site_telephone="+1 202-555-0143",
        emergency_number=_EMERGENCY[language],
        link="https://study.example/q/EXAMPLE",
        instruments={instrument.id: instrument},
    )
    return {
        "text": text,
        "understood": value is not None,
        "value": value,
        "command": step.command.value if step.command else None,
        "reply": words.render(step.reply, language, context),
    }
