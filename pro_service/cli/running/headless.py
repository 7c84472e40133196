"""`pro-service demo --headless`: a whole trial lived at once on a temporary database, and proof."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pro_service.cli.reports.adherence import figures_table, print_participants
from pro_service.cli.runtime import err, out, run_command, set_up
from pro_service.demo.proof import Proof
from pro_service.demo.stage import Lived, Report, live
from pro_service.embedded import EmbeddedPostgres
from pro_service.logs import configure_logs
from pro_service.store.exports.adherence import ScoreSummary


def live_headless(participants: int, days: int, seed: int, report: Path | None) -> None:
    """Live a whole trial on a temporary database; exit code 1 unless the proof holds."""
    if report is not None and not report.absolute().parent.is_dir():
        err.print(f"error: The folder of --report {report} does not exist.", markup=False)
        raise typer.Exit(2)
    configure_logs(logging.WARNING)
    with _progress() as bar, tempfile.TemporaryDirectory(prefix="pro-demo-") as folder:
        task = bar.add_task("study days", total=days)
        # The database's own account, where we run as root, must reach its part of it.
        Path(folder).chmod(0o755)

        async def whole() -> Lived:
            async with EmbeddedPostgres(Path(folder) / "pg", durable=False) as server:
                await set_up(server.url, "demo")
                return await live(
                    server.url,
                    participants_count=participants,
                    days=days,
                    seed=seed,
                    progress=lambda done: bar.update(task, completed=int(done)),
                )

        lived = run_command(whole())
    if report is not None:
        text = json.dumps(lived.report, indent=2, sort_keys=True)
        report.write_text(text + "\n", encoding="utf-8")
    _print(lived)
    if not lived.proof.holds:
        raise typer.Exit(1)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        refresh_per_second=2,  # Each costs a millisecond of the trial's.
    )


def _print(lived: Lived) -> None:
    print_participants(lived.adherence)
    out.print(figures_table(lived.adherence.figures))
    out.print(_scores_table(lived.scores, lived.adherence.definitions))
    out.print(_counts_table(lived.report))
    out.print(_proof_table(lived.proof))
    for check in lived.proof.checks:
        if not check.holds:
            err.print(f"VIOLATED, {check.violations} time(s): {check.claim}", markup=False)
    if lived.proof.holds:
        out.print("Everything holds.")


def _scores_table(scores: list[ScoreSummary], order: tuple[str, ...]) -> Table:
    """Mean scores in the order in which the visits come."""
    table = Table("visit", "instrument", "scale", "scored", "mean", "mean 0-100")
    place = {name: number for number, name in enumerate(order)}
    for row in sorted(scores, key=lambda one: (place.get(one.definition, len(order)), one[1:3])):
        table.add_row(
            row.definition,
            row.instrument,
            row.scale,
            str(row.scored),
            "-" if row.mean is None else f"{row.mean:.2f}",
            "-" if row.mean_0_100 is None else f"{row.mean_0_100:.1f}",
        )
    return table


def _counts_table(report: Report) -> Table:
    table = Table("what", "how many")
    for name, counted in report.items():
        if isinstance(counted, int):
            table.add_row(name, str(counted))
        else:
            table.add_row(name, ", ".join(f"{kind} {count}" for kind, count in counted.items()))
    return table


def _proof_table(proof: Proof) -> Table:
    table = Table("proved", "looked at", "violations")
    for check in proof.checks:
        table.add_row(check.claim, str(check.looked_at), str(check.violations))
    return table
