"""`pro-service measure`: check a definition, list the shipped, bring values in, type one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.progress import Progress

from pro_service.catalog.measure_files import MeasureFileError, load_measure_file, load_measures
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
from pro_service.domain.measures.refusals import in_english
from pro_service.domain.measures.taking import Said
from pro_service.domain.measures.values import GAPS
from pro_service.domain.study.facts import Target
from pro_service.services.base.turns import Who
from pro_service.services.measuring import (
    Bringer,
    BroughtFile,
    LookedFile,
    TypedValue,
    ValuesRefusedError,
    ValuesTypedError,
    bring_values,
    look_at_file,
    measure_rows_of,
    record_values,
)
from pro_service.store.connection import transaction
from pro_service.store.measuring.keeping import MeasuredPerson, list_measured_people
from pro_service.tables import read_table

measure_app = typer.Typer(no_args_is_help=True, help="Measures, as data, and their values.")
MOST_TOLD: Final = 50
"""Refused rows that are told one by one."""
_KNEES: Final[Mapping[str, Target]] = {"left": "left_knee", "right": "right_knee"}


@measure_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The measure's file.")],
) -> None:
    """Say everything that is wrong with a measure's file, a line each."""
    try:
        measure = load_measure_file(file)
    except MeasureFileError as error:
        for problem in error.problems:
            typer.echo(str(problem))
        raise typer.Exit(1) from error
    places = f"{len(measure.regions)} regions, {len(measure.layers)} layers"
    unit = measure.unit or "no unit"
    typer.echo(
        f"{measure.id} {measure.version} is right: {measure.kind}, per {measure.per}, {unit},"
        f" {measure.lowest:f} to {measure.highest:f}, {places}."
    )


@measure_app.command("list")
def list_() -> None:
    """Print the measures that ship: id, version, kind, of what, unit, range."""
    for measure in load_measures().values():
        ends = f"{measure.lowest:f}-{measure.highest:f}"
        about = (measure.kind, f"per {measure.per}", measure.unit or "-", ends)
        out.print("  ".join((f"{measure.id} {measure.version}", *about)), markup=False)


@measure_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, one row a value.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the record.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would become of each row; keep nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Bring values in from a file: every row is looked at first, then all are kept or none."""
    if not preview and not reason.strip():
        raise typer.BadParameter("Say why, with --reason.")

    async def work(runtime: Runtime) -> LookedFile:
        found = await runtime.context.reader.study(runtime.connection, study)
        table = read_table(file)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        brought = BroughtFile(file.name, sha256, measure_rows_of(table))
        bringer = _bringer(runtime, found.id)
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
            steps = {one: bar.add_task(one, total=None) for one in ("checked", "kept")}

            def tell(stage: str, done: int, total: int) -> None:
                bar.update(steps[stage], completed=done, total=total)

            if preview:
                return await look_at_file(bringer, brought, tell)
            try:
                return await bring_values(bringer, brought, reason.strip(), tell)
            except ValuesRefusedError as refused:
                return refused.looked

    _tell(with_runtime(data, actor, work), preview=preview)


def _bringer(runtime: Runtime, study_id: UUID) -> Bringer:
    async def find_people(codes: Collection[str]) -> Mapping[str, MeasuredPerson]:
        return await list_measured_people(runtime.connection, study_id, codes)

    return Bringer(
        context=runtime.context,
        study_id=study_id,
        actor=runtime.actor,
        connection=runtime.connection,
        find_people=find_people,
        begin=lambda: transaction(runtime.connection),
    )


def _tell(looked: LookedFile, *, preview: bool) -> None:
    refused = looked.refused
    for row in refused[:MOST_TOLD]:
        if row.refused is not None:
            err.print(f"row {row.number}: {in_english(row.refused)}", markup=False)
    if len(refused) > MOST_TOLD:
        err.print(f"... and {len(refused) - MOST_TOLD} more.", markup=False)
    counts = [f"{looked.count(one)} {one}" for one in ("new", "changed", "same")]
    said = f"{', '.join(counts)}, {len(refused)} refused"
    if refused:
        err.print(f"Nothing was kept: {said}.", markup=False)
        raise typer.Exit(1)
    if preview:
        out.print(f"{said}. A preview only: nothing was written.", markup=False)
    elif looked.count("new") + looked.count("changed"):
        out.print(f"Kept: {said}.", markup=False)
    else:
        out.print(f"Every value stands already: {said}. Nothing was written.", markup=False)


@measure_app.command("record")
def record(
    code: CodeArgument,
    measure: Annotated[str, typer.Option("--measure", help="The measure's id.")],
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day it was measured.")],
    value: Annotated[str | None, typer.Option("--value", help="1 and 0 for yes and no.")] = None,
    missing: Annotated[
        str | None, typer.Option("--missing", help=f"Why there is none: {', '.join(GAPS)}.")
    ] = None,
    knee: Annotated[str | None, typer.Option("--knee", help="left or right.")] = None,
    region: Annotated[str | None, typer.Option("--region")] = None,
    layer: Annotated[str | None, typer.Option("--layer")] = None,
    reason: ReasonOption = "",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Keep one value of a participant; with a reason also a correction, or one out of range."""
    said = Said(
        measure=measure,
        target=_knee(knee),
        region=region,
        layer=layer,
        visit=None,
        measured_on=read_day(on),
        value=_number(value),
        gap=_gap(missing),
        confirmed=True,
    )

    async def work(runtime: Runtime) -> str | None:
        found = await runtime.context.reader.study(runtime.connection, study)
        people = await list_measured_people(runtime.connection, found.id, [code])
        if code not in people:
            raise OptionError(f"There is no participant {code}.", mend="Check the code.")
        person = people[code]
        if person.restricted:
            raise OptionError(f"{code} is restricted.", mend="Nothing more is written (R17).")
        who = Who(runtime.connection, runtime.context, found.id, person.participant_id)
        try:
            await record_values(who, [TypedValue("value", said)], actor=runtime.actor, why=reason)
        except ValuesTypedError as refused:
            return in_english(refused.problems["value"])
        return None

    wrong = with_runtime(data, actor, work)
    if wrong is not None:
        err.print(f"error: {wrong}", markup=False)
        raise typer.Exit(1)
    out.print(f"Kept: {measure} of {code}.", markup=False)


def _knee(text: str | None) -> Target | None:
    if text is None:
        return None
    if text not in _KNEES:
        raise OptionError("--knee is not one knee.", mend="Give left or right.")
    return _KNEES[text]


def _number(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise OptionError("--value is not a number.", mend="Write it with a point: 12.5.") from None
    if not found.is_finite() or "e" in text.casefold():
        raise OptionError("--value is not a number.", mend="Write it with a point: 12.5.")
    return found


def _gap(text: str | None) -> str | None:
    if text is not None and text not in GAPS:
        raise OptionError("--missing is no known reason.", mend=f"One of {', '.join(GAPS)}.")
    return text
