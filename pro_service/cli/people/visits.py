"""`visit add`: an extra visit, made by hand."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    ReasonOption,
    StudyOption,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.study.facts import ParticipantFacts, Target
from pro_service.domain.study.times import zone
from pro_service.services.visits.asking import ask_now
from pro_service.services.visits.extra_visits import ExtraVisitRefusedError, Wish, add_extra_visit
from pro_service.services.visits.redating import Redate, redate_all
from pro_service.store.study import studies

visit_app = typer.Typer(no_args_is_help=True, help="Visits beside those the protocol dates.")


@visit_app.command("add")
def add_visit(
    code: CodeArgument,
    ask: Annotated[
        list[str],
        typer.Option(
            "--ask",
            metavar="INSTRUMENT[:TARGET]",
            help="What to ask, for every treated knee or one of left_knee, right_knee, person.",
        ),
    ],
    reason: ReasonOption,
    now: Annotated[
        bool, typer.Option("--now", help="Ask at once, and not in the evening.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Ask something between two visits, from now until it is answered or declined."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        made = await add_extra_visit(
            who_of(runtime, facts),
            [_wish(text) for text in ask],
            actor=runtime.actor,
            reason=reason,
            at_once=now,
        )
        for instrument, target in made.asked:
            out.print(f"asked: {instrument} ({target})", markup=False)
        local = None if made.reminded_at is None else made.reminded_at.astimezone(zone(facts.zone))
        goes = "no text goes" if local is None else f"first text {local:%Y-%m-%d %H:%M}"
        if made.held is not None:
            goes = f"no text goes as things stand: {made.held.replace('_', ' ')}"
        out.print(f"Extra visit {made.occurrence} of {code}: open now, {goes} ({facts.zone}).")

    with_participant(code, study, data, actor, work)


@visit_app.command("ask")
def ask_visit(
    code: CodeArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Ask what is due by text now, instead of at the next reminder's hour."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        plan = await ask_now(who_of(runtime, facts), runtime.actor)
        local = plan.goes_at.astimezone(zone(facts.zone))
        when = "now" if plan.at_once else f"{local:%Y-%m-%d %H:%M} ({facts.zone})"
        out.print(f"The text about what is due goes to {code} {when}.", markup=False)

    with_participant(code, study, data, actor, work)


def _wish(text: str) -> Wish:
    """`INSTRUMENT` or `INSTRUMENT:TARGET` as typed."""
    instrument, _, name = text.partition(":")
    target: Target | None = next((one for one in get_args(Target) if one == name), None)
    if name and target is None:
        raise ExtraVisitRefusedError(
            f"{name!r} is nothing to ask about.",
            mend=f"Write one of {', '.join(get_args(Target))}.",
        )
    return Wish(instrument, target)


@visit_app.command("redate")
def redate_visits(
    reason: Annotated[str, typer.Option(help="Why; goes into the record.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would change for whom; write nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Date anew what is to come, after a time zone's rules changed (an update of tzdata)."""

    async def work(runtime: Runtime) -> int:
        connection, done = runtime.connection, 0
        found = await runtime.context.reader.study(connection, study)
        people = [
            one
            for site in await studies.list_sites(connection, found.id)
            for one in await studies.list_present_participants(connection, found.id, site.id)
        ]
        asked = Redate(runtime.actor, reason, preview)
        async for one in redate_all(connection, runtime.context, found.id, people, asked):
            for line in one.lines:
                out.print(f"{one.code} ({one.zone}): {line}", markup=False)
            done += 1
        return done

    done = with_runtime(data, actor, work)
    verb = "would change" if preview else "changed"
    out.print(f"{done} participant(s) {verb}." if done else "Every window stands as its zone says.")
