"""`pro-service correlate`: the trial's own question, as an operator asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Annotated, Final, NamedTuple
from uuid import UUID

import typer
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.domain.errors import ProServiceError
from pro_service.domain.measures.analyses import Analysis, Figure
from pro_service.domain.measures.pairing import Unpaired
from pro_service.domain.statistics.correlation import Method, Point, Undefined
from pro_service.domain.statistics.resampling import Failing
from pro_service.services.measuring import correlating
from pro_service.services.measuring.correlating import Asked, Found, Looking, Wish
from pro_service.store.base import operations
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.measuring.correlations import RunId
from pro_service.tables import TableFileError, write_csv
from pro_service.web.charts.correlations import as_file, scatter_of
from pro_service.web.charts.svg import Told

METHODS: Final[Mapping[Method, str]] = {
    "within": "rmcorr",
    "within_visits": "rmcorr, visit means removed",
    "pearson": "Pearson",
    "spearman": "Spearman",
}
UNDEFINED: Final[Mapping[Undefined, str]] = {
    "no_pairs": "no pairs",
    "one_pair": "one pair only",
    "no_repeats": "no knee has two pairs",
    "no_freedom": "too few pairs: they always lie on a line",
    "no_variance_x": "the measure does not vary",
    "no_variance_y": "the score does not vary",
}
FAILING: Final[Mapping[Failing, str]] = {
    "one_person": "one participant only",
    "too_few_figures": "too many resamples without a figure",
}


class _Made(NamedTuple):
    found: Found
    run: RunId


def correlate_command(
    score: Annotated[
        str, typer.Option("--score", metavar="NAME/SCALE", help="As womac-nrs-3.1/pain.")
    ],
    measure: Annotated[str, typer.Option("--measure", metavar="ID", help="As ute_t2s.")],
    region: Annotated[
        str | None, typer.Option("--region", metavar="CODE", help="Part of the knee, as cMFC.")
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", metavar="CODE", help="Layer; without it full, if there is one."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="VISIT", help="Also changes to this visit, and across it."),
    ] = None,
    cut: Annotated[
        str | None, typer.Option("--cut", metavar="NAME", help="As of this cut, or look.")
    ] = None,
    within: Annotated[
        int | None,
        typer.Option("--within", metavar="DAYS", help="Farthest apart, if the plan says nothing."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write pairs (CSV) and pictures (SVG) there."),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Set a score beside a measure of the same knee: over time, as changes, at a visit.

    Refused before a named data cut, but on demo and validation databases (R20); each run is kept.
    """
    asked = Asked(score, measure, region, layer, at)

    async def work(runtime: Runtime) -> _Made:
        connection, context = runtime.connection, runtime.context
        found_study = await context.reader.study(connection, study)
        looking = await _looking(runtime, found_study.id)
        terms = correlating.read_question(context.catalogue, looking.protocol, asked)
        found = await correlating.find(connection, context, looking, terms, Wish(cut, within))
        if folder is not None:
            taken = TakenOut("pairs", f"{score} {measure}", len(found.pairing.pairs))
            await insert_data_out(connection, found_study.id, taken)
        return _Made(
            found, await correlating.record(connection, found_study.id, found, runtime.actor)
        )

    made = with_runtime(data, actor, work)
    _print(made)
    if folder is not None:
        _keep(folder, made.found)


async def _looking(runtime: Runtime, study_id: UUID) -> Looking:
    """Who looks, at what, now."""
    connection = runtime.connection
    return Looking(
        study_id=study_id,
        names={runtime.actor.removeprefix("cli:")},
        kind=await operations.get_database_kind(connection),
        now=await operations.get_study_time(connection),
        protocol=await correlating.newest_protocol(connection, runtime.context, study_id),
        seen=False,
    )


def _keep(folder: Path, found: Found) -> None:
    """Write the files, or say in one line why not."""
    try:
        written = list(_write(folder, found))
    except (TableFileError, OSError) as error:
        said = error.message if isinstance(error, ProServiceError) else error.strerror
        err.print(f"error: {said}", markup=False)
        raise typer.Exit(1) from None
    out.print(f"Written to {folder}: {', '.join(written)}.", markup=False)


def _print(made: _Made) -> None:
    """Everything that was found, in words and one table for each way of asking."""
    found = made.found
    for line in _about(found):
        out.print(line, markup=False)
    for one in found.analyses:
        out.print()
        out.print(heading(one), style="bold", markup=False)
        out.print(_table(one))
    drawn = found.analyses[0].figures[0].interval
    out.print()
    out.print(
        f"Bootstrap over participants, {drawn.replicates} resamples, seed {drawn.seed},"
        " percentiles. p and Fisher's interval take knees for independent.",
        markup=False,
    )
    out.print(f"Run {made.run.number} of this study.", markup=False)


def heading(one: Analysis) -> str:
    """What was asked, and whether it was planned."""
    visit = f" ({one.visit})" if one.visit else ""
    planned = f"planned: {one.planned}" if one.planned else "exploratory, found by looking"
    return f"{one.kind.capitalize()}{visit} - {planned}"


def _about(found: Found) -> Iterator[str]:
    question, pairing = found.terms.question, found.pairing
    part = " ".join(one for one in (question.region, question.layer) if one)
    yield f"{question.instrument}/{question.scale} beside {question.measure} {part}".rstrip()
    ground = {"nobodys": "data that are nobody's", "look": "look of the plan", "cut": "data cut"}
    yield (
        f"As of {found.by.as_of.isoformat(timespec='seconds')}, {ground[found.opening.ground]}"
        f" ({found.opening.name}); at most {found.by.within_days} days apart."
    )
    knees = len({one.score.of for one in pairing.pairs})
    yield f"{found.participants} participants, {knees} knees, {len(pairing.pairs)} pairs."
    gaps = [one.gap_days for one in pairing.pairs]
    if gaps:
        yield (f"Days from score to measure: median {median(gaps):g}, {min(gaps)} to {max(gaps)}.")
    for what, alone in (("Scores", pairing.scores_alone), ("Values", pairing.values_alone)):
        if alone:
            yield f"{what} without a pair: {_counts(alone)}."
    if pairing.missing:
        yield f"No value, as told: {_counts(pairing.missing)}."
    if found.beside.not_counted:
        yield f"Assessments whose score does not count: {found.beside.not_counted}."
    if found.beside.undecided:
        yield f"Assessments with several sittings, none chosen yet: {found.beside.undecided}."


def _counts(counted: Mapping[Unpaired, int] | Mapping[str, int]) -> str:
    return ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in sorted(counted.items()))


def _table(one: Analysis) -> Table:
    table = Table(
        *(
            "",
            "n",
            "knees",
            "pairs",
            "df",
            "r",
            "95 % (participants)",
            "95 % (Fisher)",
            "p",
            "slope",
        )
    )
    for figure in one.figures:
        table.add_row(*_cells(figure))
    table.box, table.padding = None, (0, 2, 0, 0)
    return table


def _cells(figure: Figure) -> tuple[str, ...]:
    estimate, drawn = figure.estimate, figure.interval
    counts = (estimate.persons, estimate.units, estimate.pairs)
    name = METHODS[figure.method]
    if estimate.r is None:
        why = "" if estimate.why is None else UNDEFINED[estimate.why]
        return (name, *map(str, counts), "-", f"none: {why}", "-", "-", "-", "-")
    spread = "-"
    if drawn.low is not None and drawn.high is not None:
        spread = f"{drawn.low:.6f} to {drawn.high:.6f}"
    elif drawn.why is not None:
        spread = f"none: {FAILING[drawn.why]}"
    z = "-" if figure.z_interval is None else "{:.6f} to {:.6f}".format(*figure.z_interval)
    slope = "-" if estimate.slope is None else f"{estimate.slope:.6g}"
    return (
        *(name, *map(str, counts), str(estimate.df), f"{estimate.r:.6f}"),
        *(spread, z, _p(figure.p), slope),
    )


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.000001" if value < 1e-6 else f"{value:.6f}"


def _write(folder: Path, found: Found) -> Iterator[str]:
    """The pairs, and of each way of asking its points and a picture; yields the names."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "pairs.csv", correlating.pairs_csv(found.pairing.pairs))
    yield "pairs.csv"
    for one in found.analyses:
        name = "_".join(part for part in (*one.kind.split(), one.visit) if part)
        write_csv(folder / f"{name}.csv", correlating.points_csv(one))
        yield f"{name}.csv"
        if one.points:
            (folder / f"{name}.svg").write_text(_picture(found, one), "utf-8")
            yield f"{name}.svg"


def _picture(found: Found, one: Analysis) -> str:
    question, unit = found.terms.question, found.terms.measure.unit
    part = " ".join(each for each in (question.region, question.layer, unit) if each)
    axes = f"{question.instrument}/{question.scale} (up) by {question.measure} {part} (across)"
    figure = one.figures[0]
    name, *_, r = _cells(figure)[:6]
    told = f"{name}: r {r}, {figure.estimate.pairs} pairs of {figure.estimate.persons} participants"
    chart = scatter_of(one, Told(f"{heading(one)}: {axes}", told), _said)
    return as_file(chart, lambda tick: f"{tick:g}", heading(one), axes, told)


def _said(one: Point) -> str:
    return f"{one.person}: {float(one.x):g}, {float(one.y):g}"
