"""`participant restrict`: at once, all but storage, security and safety follow-up stops."""

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
from pro_service.services.visits.restricting import restrict_for


def restrict_command(
    code: CodeArgument,
    by: Annotated[
        str,
        typer.Option("--by", metavar="LOGIN", help="The site's investigator whose word this is."),
    ],
    reason: ReasonOption,
    lift: Annotated[bool, typer.Option("--lift", help="Lift the restriction instead.")] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Restrict a participant at once: no texts, no questions, and no number in any room."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        who = who_of(runtime, facts)
        await restrict_for(who, by, actor=runtime.actor, reason=reason, restricted=not lift)

    with_participant(code, study, data, actor, work)
    if lift:
        out.print(
            f"The restriction of {code} is lifted. Say with `participant status` where they stand.",
            markup=False,
        )
        return
    out.print(
        f"{code} is restricted: nothing is asked or sent, and an investigator alone opens the"
        " numbers, with a reason. Safety follow-up goes on by telephone.",
        markup=False,
    )
