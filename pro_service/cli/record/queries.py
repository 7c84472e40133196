"""`data-query list|raise|answer|close|reopen`: questions about data, by a command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    OptionError,
    ReasonOption,
    StudyOption,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.study.data_queries import QueryState, QueryStep
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.services.base.notes import noted_in, open_note
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.record.asking import About, raise_query, take_step
from pro_service.store.base import participants
from pro_service.store.record.data_queries import NumberedQuery, list_queries_of_study
from pro_service.store.record.words import list_notes

query_app = typer.Typer(no_args_is_help=True, help="Questions about data.")
NumberArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, help="Which one, as data-query list numbers them.")
]


@query_app.command("list")
def list_queries(
    participant: Annotated[
        str | None, typer.Option("--participant", metavar="CODE", help="About whom; else all.")
    ] = None,
    state: Annotated[QueryState | None, typer.Option(help="Where it stands; else any.")] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Print data queries, the oldest first, numbered at each participant."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        who = None
        if participant is not None:
            who = await participants.find_participant(runtime.connection, found.id, participant)
            if who is None:
                raise UnknownParticipantError(f"There is no participant {participant}.")
        rows = await list_queries_of_study(
            runtime.connection, found.id, participant_id=who, state=state
        )
        words = await _words(runtime, found.id, rows)
        for one in rows:
            out.print(_said(one, words), markup=False)
        out.print(f"{len(rows)} data quer{'y' if len(rows) == 1 else 'ies'}.")

    with_runtime(data, actor, work)


@query_app.command("raise")
def raise_command(
    code: CodeArgument,
    reason: Annotated[str, typer.Option("--reason", help="What is to be cleared up.")],
    visit: Annotated[
        str | None,
        typer.Option("--visit", metavar="ID[:N]", help="About a visit, by its id in the protocol."),
    ] = None,
    ask: Annotated[
        str | None,
        typer.Option("--ask", metavar="INSTRUMENT:TARGET", help="About a questionnaire of it."),
    ] = None,
    question: Annotated[
        int | None, typer.Option("--question", min=1, help="About a question of that, by number.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Ask about a participant, a visit, a questionnaire or a question of one."""

    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        about = _about(facts, visit, ask)._replace(question=question)
        await raise_query(who_of(runtime, facts), about, reason, actor=runtime.actor)

    with_participant(code, study, data, actor, work)
    out.print(f"The data query about {code} is raised.", markup=False)


@query_app.command("answer")
def answer(
    code: CodeArgument,
    number: NumberArgument,
    reason: Annotated[str, typer.Option("--reason", help="The answer in words.")],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Answer a data query."""
    _step(code, number, QueryStep.answered, reason, (study, data, actor))


@query_app.command("close")
def close(
    code: CodeArgument,
    number: NumberArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Close a data query."""
    _step(code, number, QueryStep.closed, reason, (study, data, actor))


@query_app.command("reopen")
def reopen(
    code: CodeArgument,
    number: NumberArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Open a data query again."""
    _step(code, number, QueryStep.reopened, reason, (study, data, actor))


def _step(
    code: str,
    number: int,
    step: QueryStep,
    words: str,
    given: tuple[str | None, Path | None, str | None],
) -> None:
    async def work(runtime: Runtime, facts: ParticipantFacts) -> None:
        rows = await list_queries_of_study(
            runtime.connection, facts.study_id, participant_id=facts.id
        )
        wanted = next((one.id for one in rows if one.number == number), None)
        if wanted is None:
            raise OptionError(
                f"{code} has no data query {number}.", mend="See pro-service data-query list."
            )
        await take_step(who_of(runtime, facts), wanted, step, words, actor=runtime.actor)

    with_participant(code, *given, work)
    out.print(f"Data query {number} about {code}: {step}.", markup=False)


def _about(facts: ParticipantFacts, visit: str | None, ask: str | None) -> About:
    if visit is None:
        if ask is not None:
            raise OptionError("--ask needs --visit.", mend="Say at which visit it was asked.")
        return About()
    found = _visit(facts, visit)
    if ask is None:
        return About(visit_id=found.id)
    for one in found.assessments:
        if ask in (one.instrument, f"{one.instrument}:{one.target}"):
            return About(visit_id=found.id, assessment_id=one.id)
    asked = ", ".join(f"{one.instrument}:{one.target}" for one in found.assessments)
    raise OptionError(f"{visit} does not ask {ask}.", mend=f"It asks {asked or 'nothing'}.")


def _visit(facts: ParticipantFacts, text: str) -> VisitFacts:
    name, _, number = text.partition(":")
    for one in facts.visits:
        if one.definition == name and str(one.occurrence) == (number or "1"):
            return one
    known = ", ".join(f"{one.definition}:{one.occurrence}" for one in facts.visits)
    raise OptionError(f"{facts.code} has no visit {text}.", mend=f"There are {known or 'none'}.")


async def _words(
    runtime: Runtime, study_id: UUID, rows: list[NumberedQuery]
) -> Mapping[UUID, str | None]:
    named = [note for one in rows for note in (noted_in(one.said), noted_in(one.last_said)) if note]
    notes = await list_notes(runtime.connection, study_id, named) if named else []
    return {one.id: open_note(runtime.vault, one) for one in notes}


def _said(one: NumberedQuery, words: Mapping[UUID, str | None]) -> str:
    about = [
        f"{one.definition}:{one.occurrence}" if one.definition else "",
        f"{one.instrument}:{one.target}" if one.instrument else "",
        one.item or "",
    ]
    where = " ".join(part for part in about if part) or "the participant"
    lines = [
        f"{one.code} {one.number}  {one.state}  {where}  raised"
        f" {one.recorded_at.isoformat(timespec='minutes')} by {one.actor}"
    ]
    note = noted_in(one.said)
    asked = one.rule if note is None else words.get(note) or "(cannot be read here)"
    lines.append(f"    {asked}")
    last = noted_in(one.last_said)
    if last is not None:
        lines.append(f"    {one.last_by}: {words.get(last) or '(cannot be read here)'}")
    return "\n".join(lines)
