"""`reads`: images read blinded (R19): lists out, reads in, agreement, adjudication, lock."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table as Printed

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.cli.seated import HERE, ask_password, seated
from pro_service.services.desk import reading as desk
from pro_service.services.desk.account.proving import Proof
from pro_service.services.desk.actions import Hands
from pro_service.services.measuring import reading
from pro_service.services.measuring.reading import (
    ExamsBrought,
    Figure,
    HandIn,
    HandOut,
    LookedExam,
    Taken,
)
from pro_service.services.study import Passwords
from pro_service.store.connection import transaction
from pro_service.store.pools import open_pools
from pro_service.tables import (
    MOST_MISTAKES,
    csv_text,
    read_bytes,
    read_content,
    read_table,
    write_csv,
)

reads_app = typer.Typer(no_args_is_help=True, help="Images, read blinded (R19).")
FileArgument = Annotated[Path, typer.Argument(help="A table: CSV or XLSX.")]
MeasureOption = Annotated[str, typer.Option("--measure", metavar="ID", help="As `ute_t2s`.")]
ReaderOption = Annotated[
    str, typer.Option("--reader", metavar="LOGIN", help="Who reads; a reader and nothing else.")
]
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="The reader's list.")]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Which exam each pseudonym is, for whoever names the images; never for a reader.",
    ),
]


@reads_app.command("exams")
def exams_command(
    file: FileArgument,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what it would bring, and keep nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Bring examinations whose images are to be read: all of a table, or none."""
    table = read_table(file)

    async def look(runtime: Runtime) -> list[LookedExam]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await reading.look_at_exams(runtime.connection, runtime.context, found.id, table)

    async def work(runtime: Runtime) -> ExamsBrought:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await reading.bring_exams(
            runtime.connection, runtime.context, found.id, table, actor=runtime.actor
        )

    if preview:
        _tell(with_runtime(data, actor, look))
        return
    brought = with_runtime(data, actor, work)
    out.print(f"{brought.new} new exams; {brought.known} known before.")


def _tell(looked: Sequence[LookedExam]) -> None:
    """What would become of a table; exit code 1 where something would be refused."""
    refused = [one for one in looked if one.refused is not None]
    for one in refused[:MOST_MISTAKES]:
        err.print(reading.exam_in_english(one), markup=False)
    known = sum(one.known for one in looked)
    new = len(looked) - known - len(refused)
    out.print(f"{new} new exams; {known} known before; {len(refused)} refused. Nothing was kept.")
    if refused:
        raise typer.Exit(1)


@reads_app.command("list")
def list_command(
    measure: MeasureOption,
    reader: ReaderOption,
    file: OutOption,
    key: KeyOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Hand a reader what they have not read: pseudonyms in an order drawn by lot."""

    async def work(runtime: Runtime) -> int:
        found = await runtime.context.reader.study(runtime.connection, study)
        wish = HandOut(measure, reader, runtime.actor)
        listed = await reading.hand_out(runtime.connection, runtime.context, found.id, wish)
        return await _write(runtime, found.id, listed, file, key)

    out.print(f"{with_runtime(data, actor, work)} pseudonyms in {file}.", markup=False)


@reads_app.command("adjudicate")
def adjudicate_command(
    measure: MeasureOption,
    reader: ReaderOption,
    file: OutOption,
    key: KeyOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Hand another reader the exams about which readers differ by more than the rule allows."""

    async def work(runtime: Runtime) -> int:
        found = await runtime.context.reader.study(runtime.connection, study)
        wish = HandOut(measure, reader, runtime.actor)
        listed = await reading.hand_out_to_settle(
            runtime.connection, runtime.context, found.id, wish
        )
        return await _write(runtime, found.id, listed, file, key)

    out.print(f"{with_runtime(data, actor, work)} pseudonyms in {file}.", markup=False)


@reads_app.command("take")
def take_command(
    file: FileArgument,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what it would bring, and keep nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Take what a reader read: of the values all or none; findings are told at once."""
    content = read_bytes(file)
    table = read_content(file.name, content)

    async def work(runtime: Runtime) -> Taken:
        found = await runtime.context.reader.study(runtime.connection, study)
        handed = HandIn(file.name, content, table, runtime.actor)
        measures = runtime.context.catalogue.measures
        if preview:
            return await reading.look_at_reads(runtime.connection, measures, found.id, handed)
        return await reading.take_reads(
            lambda: transaction(runtime.connection), measures, found.id, handed
        )

    taken = with_runtime(data, actor, work)
    verb = "Would take" if preview else "Took"
    out.print(f"{verb} {taken.new} reads; {taken.same} as before; {taken.told} findings to tell.")


@reads_app.command("lock")
def lock_command(
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Lock the reads of the study: nothing more is taken, but for findings."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await reading.lock_reads(runtime.connection, found.id, actor=runtime.actor, reason=reason)

    with_runtime(data, actor, work)
    out.print("The reads are locked.")


@reads_app.command("unlock")
def unlock_command(
    reason: ReasonOption,
    by: Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who signs, by their login.")],
    name: Annotated[str, typer.Option("--name", help="Their name as it is to be printed.")],
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read it from the first line of input.")
    ] = False,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Sign that the reads are unlocked: with the password of a data manager of all sites."""
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else ask_password(by)

    async def work(runtime: Runtime) -> None:
        passwords = Passwords()
        async with (
            await open_pools(runtime.url, roles=("desk", "clerk")) as pools,
            seated(pools, passwords, by, password) as seat,
        ):
            hands = Hands(seat, runtime.context, pools.desk, pools.clerk)
            wish = desk.UnlockWish(name, reason, Proof(password))
            await desk.unlock(hands, passwords, wish, HERE)

    with_runtime(data, actor, work)
    out.print("The reads are unlocked.")


@reads_app.command("agreement")
def agreement_command(
    measure: MeasureOption,
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="As CSV, to six places.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """How far readers agree with each other, and each with their own hidden repeats."""

    async def work(runtime: Runtime) -> list[Figure]:
        found = await runtime.context.reader.study(runtime.connection, study)
        measures = runtime.context.catalogue.measures
        return await reading.agreement_of(runtime.connection, measures, found.id, measure)

    heads = ("region", "layer", "readers", "statistic", "estimate", "low", "high", "n", "dropped")
    rows = [_line(one) for one in with_runtime(data, actor, work)]
    if file is not None:
        write_csv(file, csv_text([heads, *rows]))
        return
    printed = Printed(*heads)
    for row in rows:
        printed.add_row(*row)
    out.print(printed)


async def _write(
    runtime: Runtime, study_id: UUID, listed: reading.Listed, file: Path, key: Path | None
) -> int:
    write_csv(file, reading.list_table(listed.items))
    if key is not None:
        write_csv(key, await reading.key_table(runtime.connection, study_id, listed.id))
    return len(listed.items)


def _line(one: Figure) -> tuple[str, ...]:
    agreement = one.agreement
    numbers = (
        "" if figure is None else f"{figure:.6f}"
        for figure in (agreement.estimate, agreement.low, agreement.high)
    )
    return (
        one.region or "",
        one.layer or "",
        " ".join(one.readers),
        one.statistic,
        *numbers,
        str(agreement.n),
        str(agreement.dropped),
    )
