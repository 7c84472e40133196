"""`plan check|load|list`: the study's analysis plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.plan_files import LoadedPlan, PlanFileError, load_plan_file
from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.services.study import plans

plan_app = typer.Typer(no_args_is_help=True, help="The study's analysis plan, as data.")
PlanFile = Annotated[Path, typer.Argument(metavar="FILE", help="The plan, a TOML file.")]


@plan_app.command("check")
def check(file: PlanFile) -> None:
    """Check a plan; exit 1 and one line a problem if anything is wrong."""
    plan, _, content_sha256 = _read(file)
    head, open_rules = plan.plan, plan.unconfirmed()
    typer.echo(
        f"{file.name} is in order: study {head.study}, {head.purpose}, version {head.version}, "
        f"{head.stage}, confirmed by: {head.confirmed_by}, {len(plan.thresholds)} thresholds, "
        f"{'a' if plan.responder else 'no'} responder, unsent answers: {plan.records.unsent}, "
        f"{content_sha256[:12]}."
    )
    for place in open_rules:
        typer.echo(f"note: {place} is to be confirmed.")


@plan_app.command("load")
def load(
    file: PlanFile,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Put a plan in force for the whole study, and say what differs from the one before."""
    loaded = _read(file)

    async def work(runtime: Runtime) -> plans.PlanLoading:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await plans.load_plan(
            runtime.connection,
            runtime.context,
            found,
            loaded,
            actor=runtime.actor,
            reason=reason,
        )

    done = with_runtime(data, actor, work)
    if not done.fresh:
        out.print(f"Analysis plan {done.label} is in force already; nothing changed.")
        return
    for line in done.differences:
        out.print(line, markup=False)
    before = "in place of the protocol's rules" if done.before is None else f"after {done.before}"
    out.print(f"Analysis plan {done.label} is in force from now on, {before}.", markup=False)


@plan_app.command("list")
def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Show which plans were in force since when, by whom and why; the last one holds."""

    async def work(runtime: Runtime) -> list[plans.PlanPeriod]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await plans.list_plans(runtime.connection, found)

    periods = with_runtime(data, actor, work)
    if not periods:
        out.print("No plan is loaded: endpoints follow the rules of the protocol.")
    for one in periods:
        head = one.plan.plan
        out.print(
            f"{one.label}  version {head.version} ({head.purpose}, {head.stage}), confirmed by: "
            f"{head.confirmed_by}; since {one.since:%Y-%m-%d %H:%M} UTC by {one.actor}: "
            f"{one.reason}",
            markup=False,
        )


def _read(file: Path) -> LoadedPlan:
    """Read and check the file; its problems are printed, a line each, and the command ends."""
    try:
        return load_plan_file(file)
    except PlanFileError as error:
        for problem in error.problems:
            err.print(str(problem), markup=False)
        raise typer.Exit(1) from error
