"""`cards`, `participant new-card`: what participants carry where neither link nor reply can go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    ReasonOption,
    StudyOption,
)
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.services.cards.cards import list_cards, renew_card
from pro_service.texts.catalogue import load_texts


class CardFileError(ProServiceError):
    """The file cannot be written."""


def cards_command(
    pdf: Annotated[Path, typer.Option("--pdf", metavar="FILE", help="Where to write the cards.")],
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]...", help="Only these participants.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", help="Only this site's.")] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write printable cards (A6), one a page: address, QR picture, code, the site's telephone."""
    # Drawing takes a tenth of a second to load; whoever prints nothing does not wait for it.
    from pro_service.services.cards.pdf import cards_pdf

    texts = load_texts("pages")

    def say(language: Language, key: str, **parameters: object) -> str:
        return texts.text(f"page.{key}", language, **parameters)

    async def work(runtime: Runtime) -> tuple[int, int]:
        found = await runtime.context.reader.study(runtime.connection, study)
        cards, made = await list_cards(
            runtime.connection,
            runtime.context,
            found.id,
            site=site,
            codes=codes or None,
            actor=runtime.actor,
        )
        if cards:
            try:
                # Whoever reads the file can open these pages: nobody else on this machine may.
                pdf.touch(mode=0o600)
                pdf.write_bytes(cards_pdf(cards, say))
            except OSError as error:
                raise CardFileError(
                    f"{pdf} cannot be written ({error.strerror}).", mend="Choose another place."
                ) from None
        return len(cards), made

    count, made = with_runtime(data, actor, work)
    if not count:
        out.print("There is nobody to make a card for.")
        raise typer.Exit(1)
    first = f" {made} of them are first cards." if made else ""
    out.print(f"{count} card(s) written to {pdf}.{first}", markup=False)


def new_card(
    code: CodeArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Make a new card under a new code; the old one and all it opened end at once."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await renew_card(
            runtime.connection,
            runtime.context,
            found.id,
            code,
            actor=runtime.actor,
            words=reason,
        )

    with_runtime(data, actor, work)
    out.print(f"{code} has a new card. Print it: pro-service cards --pdf FILE {code}", markup=False)
