"""`participant safety end`: the safety follow-up ended on an investigator's word."""

from __future__ import annotations

from typing import Annotated

import typer

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    ReasonOption,
    StudyOption,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.runtime import Runtime, out
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.visits import end_safety_for

safety_app = typer.Typer(no_args_is_help=True, help="A participant's safety follow-up.")


@safety_app.command("end")
def end(
    code: CodeArgument,
    reason: ReasonOption,
    investigator: Annotated[
        str,
        typer.Option(
            "--investigator", metavar="LOGIN", help="The site's investigator whose word this is."
        ),
    ],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """End the calls and texts about the safety checks of the injections so far."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        who = who_of(runtime, facts)
        await end_safety_for(who, investigator, actor=runtime.actor, reason=reason)

    with_participant(code, study, data, actor, work)
    out.print(f"The safety follow-up of {code} has ended; a later injection begins its own.")
