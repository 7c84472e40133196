"""`participant number|confirm-number|opt-in`: which number texts go to, and that they may again."""

from __future__ import annotations

from typing import Annotated

import typer

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    ContactOption,
    DataOption,
    ReasonOption,
    StudyOption,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.runtime import Runtime, out
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.phones import parse_phone, short_of
from pro_service.services.cards.cards import show_code
from pro_service.services.texting.numbers import change_number, confirm_by_staff
from pro_service.services.texting.opt_outs import opt_in_by_staff


def change(
    code: CodeArgument,
    number: Annotated[
        str, typer.Argument(metavar="NEW", help="The new number, best with + and its country code.")
    ],
    reason: ReasonOption,
    contact: ContactOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Change a number: the old one gets nothing more, the new one nothing until confirmed."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> tuple[str, str]:
        who = who_of(runtime, facts)
        read = parse_phone(number, facts.site.country)
        await change_number(who, read, runtime.actor, reason, which=contact)
        # The code said below opens the pages, as the card does it stands on.
        await show_code(runtime.connection, facts.study_id, facts.code, runtime.actor)
        return facts.personal_code, short_of(read)

    personal_code, shown = with_participant(code, study, data, actor, work)
    out.print(
        f"{code} has another number ({shown}); the old one's conversation and links have ended."
        f" Nothing goes to the new one until {code} has texted {personal_code} from it to us, or"
        f" you have made sure of it otherwise:"
        f" pro-service participant confirm-number {code} --reason ..."
    )


def confirm(
    code: CodeArgument,
    reason: ReasonOption,
    contact: ContactOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say that a changed number is the participant's: texts may go to it from now on."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        await confirm_by_staff(who_of(runtime, facts), runtime.actor, reason, which=contact)

    with_participant(code, study, data, actor, work)
    out.print(f"The new number of {code} is confirmed.")


def opt_in(
    code: CodeArgument,
    reason: ReasonOption,
    contact: ContactOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let texts go to the participant's number again, at their wish."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> int:
        return await opt_in_by_staff(who_of(runtime, facts), runtime.actor, reason, which=contact)

    if with_participant(code, study, data, actor, work):
        out.print(
            f"Texts may go to the number of {code} again. If the telephone itself told the provider"
            " STOP, only its own START lifts that."
        )
    else:
        out.print(f"The number of {code} was not opted out; nothing changed.")


def register(participant_app: typer.Typer) -> None:
    """Add these to the commands about one participant."""
    participant_app.command("number")(change)
    participant_app.command("confirm-number")(confirm)
    participant_app.command("opt-in")(opt_in)
