"""`participant consent ...`: versions that were signed, and what is agreed to apart."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column, Table

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    ReasonOption,
    StudyOption,
    read_day,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.runtime import Runtime, err, out
from pro_service.domain.study.consenting.parts import ConsentPart
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.record.consents import SaidConsent, say_part, sign_version
from pro_service.store.desk.timeline import ConsentLine, list_consents

consent_app = typer.Typer(
    no_args_is_help=True,
    help="A participant's consent: the version signed, and what is agreed to apart from it.",
)
PartArgument = Annotated[
    ConsentPart,
    typer.Argument(
        metavar="PART",
        help="messages (texts), cross_border (a provider abroad) or caregiver (word to others).",
    ),
]
DayOption = Annotated[
    str, typer.Option("--on", metavar="DAY", help="On which day they said so, where they live.")
]


@consent_app.command("list")
def list_said(
    code: CodeArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Show every word on the consent, oldest first; the last line is what holds."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> tuple[ConsentLine, ...]:
        return await list_consents(runtime.connection, facts.study_id, facts.id)

    table = Table(
        *("said on", "what", Column("version", no_wrap=True)),
        *("texts", "abroad", "others", "by"),
        box=None,
    )
    for one in with_participant(code, study, data, actor, work):
        kept = one.part is None or getattr(one, one.part)
        table.add_row(
            str(one.said_on or one.signed_on),
            "signed" if one.part is None else f"{one.part} {'given' if kept else 'taken back'}",
            one.version,
            *("yes" if each else "no" for each in (one.messages, one.cross_border, one.caregiver)),
            one.actor,
        )
    out.print(table)


@consent_app.command("sign")
def sign(
    code: CodeArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As it stands on the form.")],
    on: DayOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write down that a version of the consent form was signed; what is agreed to apart stays."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        said = SaidConsent(read_day(on), runtime.actor)
        await sign_version(who_of(runtime, facts), version, said)

    with_participant(code, study, data, actor, work)
    out.print(f"{code} signed version {version} on {on}.", markup=False)


@consent_app.command("give")
def give(
    code: CodeArgument,
    part: PartArgument,
    on: DayOption,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write down that a participant agreed to one thing; nothing else changes."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        said = SaidConsent(read_day(on), runtime.actor, reason)
        await say_part(who_of(runtime, facts), part, said, given=True)

    with_participant(code, study, data, actor, work)
    out.print(f"{code} agrees from now on: {part}.", markup=False)


@consent_app.command("withdraw")
def withdraw(
    code: CodeArgument,
    part: PartArgument,
    on: DayOption,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write down that they take one thing back; it holds at once, and safety follow-up goes on."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> bool:
        said = SaidConsent(read_day(on), runtime.actor, reason)
        return await say_part(who_of(runtime, facts), part, said, given=False)

    left = with_participant(code, study, data, actor, work)
    out.print(f"{code} does not agree any more: {part}.", markup=False)
    if not left:
        err.print(
            f"No text goes to anybody about {code} now. Staff are asked for another way to reach"
            " them, and safety follow-up goes on by telephone.",
            markup=False,
        )
