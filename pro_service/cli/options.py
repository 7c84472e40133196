"""Options several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import DayRangeError, typed_day

CodeArgument = Annotated[str, typer.Argument(help="The participant's code.")]
ContactOption = Annotated[
    int | None,
    typer.Option(
        "--contact",
        metavar="PLACE",
        min=1,
        help="Which contact, by its place in the order (participant contact list).",
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Use an embedded PostgreSQL kept in this folder (else PRO_DATABASE_URL).",
    ),
]
ActorOption = Annotated[
    str | None,
    typer.Option("--actor", help="Who does this; goes into the audit (else your login name)."),
]
StudyOption = Annotated[
    str | None, typer.Option("--study", metavar="CODE", help="The study, if there are several.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; goes into the record.")]


class OptionError(ProServiceError):
    """An option cannot be used as it was given."""


def read_day(text: str) -> date:
    """The day an option gives. Raises OptionError."""
    try:
        return typed_day(text)
    except DayRangeError as error:
        raise OptionError(f"{text!r}: {error.message}", mend=error.mend) from None
    except ValueError:
        raise OptionError(f"{text!r} is not a day.", mend="Write it as 2027-03-01.") from None


def read_country(text: str) -> str:
    """The country `--country` gives, as ISO 3166 writes it. Raises typer.BadParameter."""
    from pro_service.services.base.phones import has_telephones  # Numbers' rules load slowly.

    country = text.strip().upper()
    if not has_telephones(country):
        said = f"{text!r} is no country; write its code of two letters, for example CN"
        raise typer.BadParameter(said, param_hint="--country")
    return country
