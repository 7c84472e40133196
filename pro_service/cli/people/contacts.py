"""`participant contact ...`: by whom a participant is reached, in which order, and who agreed."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.table import Column, Table

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    OptionError,
    ReasonOption,
    StudyOption,
    read_day,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.runtime import Runtime, err, out
from pro_service.domain.delivery.addresses import read_address
from pro_service.domain.delivery.contacts import RELATIONS, Agreed
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.phones import parse_phone
from pro_service.services.texting import contacts as service
from pro_service.services.texting.contacts import ContactShown, Newcomer
from pro_service.services.texting.proving import letters

contact_app = typer.Typer(
    no_args_is_help=True,
    help="By whom a participant is reached: people in order, each with their own consent.",
)
PlaceArgument = Annotated[
    int, typer.Argument(metavar="PLACE", min=1, help="The contact's place in the order.")
]
TextsOption = Annotated[
    bool, typer.Option("--texts/--no-texts", help="This person agreed to be texted.")
]
ToldOption = Annotated[
    bool,
    typer.Option("--told/--not-told", help="This person agreed to be told about the participant."),
]
AgreedOption = Annotated[
    str | None,
    typer.Option("--agreed-on", metavar="DAY", help="When this person signed that."),
]
_REASONS: Final = {
    None: "",
    "no_number": "no texts to this kind of address",
    "no_consent": "has not agreed, or the participant has not",
    "number_unconfirmed": "not confirmed yet",
    "wrong_number": "somebody else's number",
    "opted_out": "wants no texts",
    "bad_number": "nothing reaches it",
}


def _agreed(*, texts: bool, told: bool, on: str | None) -> Agreed:
    signed_on = None if on is None else read_day(on)
    if (texts or told) and signed_on is None:
        raise OptionError("It is not said when they agreed.", mend="Give --agreed-on DAY.")
    return Agreed(texts, told, signed_on)


@contact_app.command("list")
def list_contacts(
    code: CodeArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Show the contacts in order, whom texts go to now, and why not to the others."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> list[ContactShown]:
        return await service.list_contacts(who_of(runtime, facts))

    table = Table(
        *("place", "whose", "kind", Column("address", no_wrap=True)),
        *("texts", "told", "agreed on", "now"),
        box=None,
    )
    for shown in with_participant(code, study, data, actor, work):
        one = shown.contact
        follows = "as the participant" if one.is_own else None
        table.add_row(
            str(one.ordinal),
            one.relation,
            one.kind,
            shown.address,
            follows or ("yes" if one.may_be_texted else "no"),
            follows or ("yes" if one.may_be_told else "no"),
            str(one.agreed_on or ""),
            "is texted" if shown.texted else _REASONS[shown.why_not],
        )
    out.print(table)


@contact_app.command("add")
def add(
    code: CodeArgument,
    address: Annotated[str, typer.Argument(help="The telephone number (E.164), or the address.")],
    relation: Annotated[
        str, typer.Option("--relation", help=f"Whose it is: {', '.join(RELATIONS)}.")
    ],
    reason: ReasonOption,
    kind: Annotated[str, typer.Option("--kind", help="phone, email or wechat.")] = "phone",
    texts: TextsOption = False,
    told: ToldOption = False,
    agreed_on: AgreedOption = None,
    participant_agreed_on: Annotated[
        str | None,
        typer.Option(
            "--participant-agreed-on",
            metavar="DAY",
            help="When the participant agreed that others are written to, where that is new.",
        ),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Add somebody after the other contacts; nothing goes there until it is confirmed."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> int:
        known = next((one for one in RELATIONS if one == relation), None)
        if known is None:
            raise OptionError(
                f"{relation!r} is no relation.", mend=f"One of {', '.join(RELATIONS)}."
            )
        newcomer = Newcomer(
            read_address(
                kind, parse_phone(address, facts.site.country) if kind == "phone" else address
            ),
            known,
            _agreed(texts=texts, told=told, on=agreed_on),
            None if participant_agreed_on is None else read_day(participant_agreed_on),
        )
        return await service.add_contact(who_of(runtime, facts), newcomer, runtime.actor, reason)

    place = with_participant(code, study, data, actor, work)
    if kind == "email":
        out.print(f"Contact {place} of {code} is kept. Nothing goes there until it is proven:")
        out.print(f"pro-service participant contact prove {code} {place}")
        return
    out.print(
        f"Contact {place} of {code} is kept. Nothing goes there until {code}'s code was texted from"
        f" it, or: pro-service participant confirm-number {code} --contact {place} --reason ..."
    )


@contact_app.command("prove")
def prove(
    code: CodeArgument,
    place: PlaceArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Send the letter that proves an e-mail address: its reader says there that it is theirs."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        await letters.send_proof(who_of(runtime, facts), runtime.actor, which=place)

    with_participant(code, study, data, actor, work)
    out.print(
        f"The letter to contact {place} of {code} goes out now. Nothing else goes there before."
    )


@contact_app.command("order")
def order(
    code: CodeArgument,
    places: Annotated[list[int], typer.Argument(help="All places, in the order wanted: 2 1.")],
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Try the contacts in another order from now on."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        await service.order_contacts(who_of(runtime, facts), places, reason)

    with_participant(code, study, data, actor, work)
    out.print(f"The contacts of {code} stand in the order given, numbered anew from 1.")


@contact_app.command("agree")
def agree(
    code: CodeArgument,
    place: PlaceArgument,
    reason: ReasonOption,
    texts: TextsOption = False,
    told: ToldOption = False,
    agreed_on: AgreedOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write down what this person agrees to now; what is not named, they agree to no more."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        agreed = _agreed(texts=texts, told=told, on=agreed_on)
        await service.agree_for_contact(who_of(runtime, facts), place, agreed, reason)

    with_participant(code, study, data, actor, work)
    out.print(f"What contact {place} of {code} agreed to is kept.")


@contact_app.command("wrong")
def wrong(
    code: CodeArgument,
    place: PlaceArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """An address is somebody else's: nothing goes there, and what comes is a stranger's."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> bool:
        return await service.mark_wrong(who_of(runtime, facts), place, runtime.actor, reason)

    _say_what_is_left(code, left=with_participant(code, study, data, actor, work))


@contact_app.command("end")
def end(
    code: CodeArgument,
    place: PlaceArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """End a contact: its conversation, links and what waits for it end too."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> bool:
        return await service.end_contact(who_of(runtime, facts), place, runtime.actor, reason)

    _say_what_is_left(code, left=with_participant(code, study, data, actor, work))


def _say_what_is_left(code: str, *, left: bool) -> None:
    """Who is texted from now on."""
    if left:
        out.print(f"Nothing goes there any more; {code}'s other contacts are texted as before.")
    else:
        err.print(
            f"Nothing goes there any more, and {code} has no other contact who may be texted:"
            " a call asks for another way to reach them."
        )
