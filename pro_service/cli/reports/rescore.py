"""`pro-service rescore`: every score anew from the stored responses, differences with cause."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.domain.instruments.numbers import written
from pro_service.services.answering.rescoring import Rescoring, rescore


def rescore_command(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and write nothing.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; goes into the audit. Not for a dry run.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Recompute all scores from the stored responses; what differs is added, the old is kept."""
    if not dry_run and not (reason and reason.strip()):
        raise typer.BadParameter("is needed unless --dry-run is given", param_hint="--reason")

    async def work(runtime: Runtime) -> Rescoring:
        found = await runtime.context.reader.study(runtime.connection, study)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("Rescoring", total=None)
            return await rescore(
                runtime.connection,
                runtime.context,
                found.id,
                dry_run=dry_run,
                actor=runtime.actor,
                reason=reason or "",
                told=lambda done, of: progress.update(task, completed=done, total=of),
            )

    _show(with_runtime(data, actor, work), dry_run=dry_run)


def _show(outcome: Rescoring, *, dry_run: bool) -> None:
    if outcome.differences:
        table = Table("participant", "visit", "target", "instrument", "scale", "was", "is", "cause")
        for one in outcome.differences:
            scale = one.scale if one.basis == "complete" else f"{one.scale} ({one.basis})"
            table.add_row(
                one.participant,
                one.visit,
                one.target,
                one.instrument,
                scale,
                _figure(one.before),
                _figure(one.after),
                one.cause,
            )
        out.print(table)
    causes = Counter(one.cause for one in outcome.differences)
    said = ", ".join(f"{count} by {cause}" for cause, count in sorted(causes.items()))
    out.print(
        f"{outcome.scores} scores of {outcome.participants} participants recomputed: "
        f"{len(outcome.differences)} differ{f' ({said})' if said else ''}."
    )
    for name in sorted(outcome.other_versions):
        out.print(f"Left alone, as this release does not have it: {name}.")
    if dry_run:
        out.print("Nothing was written.")
    else:
        out.print(f"{outcome.written} further revisions were written; all earlier ones are kept.")


def _figure(score: Decimal | None) -> str:
    return "none" if score is None else written(score)
