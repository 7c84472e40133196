"""`enrol`, `event add`, `participant status|opt-out`: who takes part, and what happened to them."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import Progress
from rich.table import Table

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    OptionError,
    ReasonOption,
    StudyOption,
    read_day,
)
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, ParticipantFacts, Status
from pro_service.domain.study.pausing import status_of
from pro_service.domain.study.statuses import is_said_to_investigator
from pro_service.domain.study.times import DayRangeError, local_instant, typed_instant, zone
from pro_service.domain.tables.characters import without_controls
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.base.turns import Who
from pro_service.services.texting.opt_outs import opt_out_by_staff
from pro_service.services.visits.enrolment import EnrolmentOutcome, enrol
from pro_service.services.visits.enrolment_rows import (
    CheckedRows,
    EnrolmentRefusedError,
    check_rows,
)
from pro_service.services.visits.enrolment_table import enrolment_rows_of
from pro_service.services.visits.events import preview_event, record_event, record_status
from pro_service.services.visits.placing import move_to_site
from pro_service.services.visits.scheduling import Change
from pro_service.store.base import participants
from pro_service.tables import read_table

Result = TypeVar("Result")

event_app = typer.Typer(no_args_is_help=True, help="Dated facts about participants.")
participant_app = typer.Typer(no_args_is_help=True, help="One participant.")


def enrol_command(
    file: Annotated[
        Path,
        typer.Option("--csv", metavar="FILE", help="The participants: CSV of any kind, or XLSX."),
    ],
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason", help="Why days are right that are refused else: an injection in the past."
        ),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Enrol participants from a table: every row is checked first, then all or none."""

    async def work(
        runtime: Runtime,
    ) -> tuple[EnrolmentOutcome, CheckedRows] | EnrolmentRefusedError:
        found = await runtime.context.reader.study(runtime.connection, study)
        table = read_table(file)
        for note in table.notes:
            err.print(f"{file.name}: {note}", markup=False)
        rows = enrolment_rows_of(table)
        try:
            checked = await check_rows(
                runtime.connection, runtime.context, found.id, rows, reason=said(reason)
            )
            gc.freeze()  # The rows read stay to the end: collecting need not look at them again.
            with Progress(console=err, transient=True) as progress:
                task = progress.add_task("Enrolling", total=len(checked.rows))
                outcome = await enrol(
                    runtime.connection,
                    runtime.context,
                    checked,
                    actor=runtime.actor,
                    progress=lambda done: progress.advance(task, done),
                )
            return outcome, checked
        except EnrolmentRefusedError as refused:
            return refused

    done = with_runtime(data, actor, work)
    if isinstance(done, EnrolmentRefusedError):
        for problem in done.problems:
            err.print(f"row {problem.row}, {problem.column}: {problem.message}", markup=False)
        err.print(f"Nobody was enrolled: {len(done.problems)} mistake(s).", markup=False)
        raise typer.Exit(1)
    outcome, checked = done
    out.print(f"{outcome.enrolled} enrolled, {outcome.unchanged} stood already and are unchanged.")
    for one in checked.shared:
        others = ", ".join(one.others)
        out.print(f"row {one.row}, {one.code}: number shared with {others}.", markup=False)


def said(reason: str | None) -> str | None:
    """A reason as it is kept; None for one that says nothing."""
    kept = without_controls(reason or "").strip()
    return kept or None


async def find_facts(runtime: Runtime, study: str | None, code: str) -> ParticipantFacts:
    """The facts of the participant with this code. Raises UnknownParticipantError."""
    found = await runtime.context.reader.study(runtime.connection, study)
    participant_id = await participants.find_participant(runtime.connection, found.id, code)
    if participant_id is None:
        raise UnknownParticipantError(f"There is no participant {code} in {found.code}.")
    return await runtime.context.reader.facts(runtime.connection, found.id, participant_id)


def who_of(runtime: Runtime, facts: ParticipantFacts) -> Who:
    """Whose turn a command takes, over the operator's connection."""
    return Who(runtime.connection, runtime.context, facts.study_id, facts.id)


def with_participant(
    code: str,
    study: str | None,
    data: Path | None,
    actor: str | None,
    work: Callable[[Runtime, ParticipantFacts], Awaitable[Result]],
) -> Result:
    """Do a command's work about the participant with this code; one line for what is wrong."""

    async def whole(runtime: Runtime) -> Result:
        return await work(runtime, await find_facts(runtime, study, code))

    return with_runtime(data, actor, whole)


def _instant(text: str, facts: ParticipantFacts) -> datetime:
    """A moment as typed: with its offset, or local to the participant."""
    try:
        moment = typed_instant(text)
    except DayRangeError as error:
        raise OptionError(f"{text!r}: {error.message}", mend=error.mend) from None
    except ValueError:
        raise OptionError(
            f"{text!r} is not a date and time.", mend="Write it as 2027-03-01T10:30."
        ) from None
    if moment.tzinfo is not None:
        return moment
    return local_instant(moment.date(), moment.time(), zone(facts.zone))


@event_app.command("add")
def add_event(
    code: CodeArgument,
    kind: Annotated[EventKind, typer.Argument(help="What happened or is planned.")],
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When it happened (participant's local time)."),
    ] = None,
    planned: Annotated[
        str | None, typer.Option("--planned", metavar="DAY", help="The day it is planned for.")
    ] = None,
    ordinal: Annotated[int, typer.Option(min=1, help="Which one, for repeated events.")] = 1,
    reason: ReasonOption = "recorded by an operator",
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what moves; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before writing.")] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Record an event; first shows which visits move, then asks."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        event = NewEvent(
            kind,
            ordinal,
            planned_on=None if planned is None else read_day(planned),
            occurred_at=None if at is None else _instant(at, facts),
        )
        who = who_of(runtime, facts)
        show_change(await preview_event(who, facts, event, actor=runtime.actor))
        if preview:
            out.print("A preview only: nothing was written.")
            return
        if not yes:
            typer.confirm("Record this?", abort=True)
        await record_event(who, event, actor=runtime.actor, reason=reason)
        out.print(f"Recorded: {kind} {ordinal} of {code}.")

    with_participant(code, study, data, actor, work)


@event_app.command("strike")
def strike_death(
    code: CodeArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Take back a death that was recorded in error; it counts as said by an investigator."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        event = NewEvent(EventKind.death, struck=True)
        await record_event(who_of(runtime, facts), event, actor=runtime.actor, reason=reason)

    with_participant(code, study, data, actor, work)
    out.print(f"The death of {code} was recorded in error: it did not happen.", markup=False)


def show_change(change: Change) -> None:
    """Print which visits move, before and after."""
    before = {visit.id: visit for visit in change.facts.visits}
    moved = {before[one].definition: before[one] for one in change.rescheduling.superseded}
    created = {new.visit.definition: new.visit for new in change.rescheduling.created}
    if not moved and not created:
        out.print("No visit moves.")
        return
    local = zone(change.facts.zone)
    table = Table("visit", "target before", "target after", "opens", "closes", "note", box=None)
    for definition in [*moved, *(name for name in created if name not in moved)]:
        old, new = moved.get(definition), created.get(definition)
        table.add_row(
            definition,
            "-" if old is None else str(old.target_on),
            "-" if new is None else str(new.target_on),
            "-" if new is None else f"{new.opens_at.astimezone(local):%Y-%m-%d}",
            "-"
            if new is None or new.closes_at is None
            else f"{new.closes_at.astimezone(local):%Y-%m-%d %H:%M}",
            "provisional" if new is not None and new.provisional else "",
        )
    out.print(table)
    kept = len(change.rescheduling.kept)
    out.print(f"{kept} visit(s) keep their dates. Days and hours are those of {change.facts.zone}.")


@participant_app.command("status")
def set_status(
    code: CodeArgument,
    status: Annotated[Status, typer.Argument(help="The new status.")],
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Record a status from now on; what was collected stays."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> bool:
        heard = is_said_to_investigator(status_of(facts), status)
        await record_status(who_of(runtime, facts), status, actor=runtime.actor, reason=reason)
        return heard

    heard = with_participant(code, study, data, actor, work)
    out.print(f"{code} is {status} from now on.")
    if heard:
        out.print("It counts as said to an investigator, as a withdrawal and its end must be.")


@participant_app.command("site")
def change_site(
    code: CodeArgument,
    site: Annotated[str, typer.Argument(metavar="SITE", help="The other site's code.")],
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Move a participant to another site from now on; the former one reads on and acts no more."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        await move_to_site(who_of(runtime, facts), site, actor=runtime.actor, reason=reason)

    with_participant(code, study, data, actor, work)
    out.print(f"{code} is at {site} from now on.", markup=False)


@participant_app.command("opt-out")
def opt_out(
    code: CodeArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Stop texts to every number of the participant's, at once and for everybody who shares it."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        await opt_out_by_staff(who_of(runtime, facts), runtime.actor, reason)

    with_participant(code, study, data, actor, work)
    out.print(f"No more texts to any number of {code}.")
