"""`lock set`, `lock list`, `lock lift`: values held for analysis, and let go by signatures."""

from __future__ import annotations

import sys
from datetime import UTC
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.cli.seated import HERE, ask_password, seated
from pro_service.services import record
from pro_service.services.desk import signing
from pro_service.services.desk.account.proving import Proof
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.signing import LiftWish
from pro_service.services.record import Keeper, LockWish
from pro_service.services.study import Passwords
from pro_service.store.connection import transaction
from pro_service.store.pools import open_pools
from pro_service.store.record import locks as store
from pro_service.store.record.locks import LockPreview, LockRow

lock_app = typer.Typer(no_args_is_help=True, help="Locks: values held for analysis (R14).")


@lock_app.command("set")
def set_command(
    reason: ReasonOption,
    site: Annotated[str | None, typer.Option("--site", metavar="CODE", help="A site.")] = None,
    participant: Annotated[
        str | None, typer.Option("--participant", metavar="CODE", help="A participant.")
    ] = None,
    visit: Annotated[
        str | None,
        typer.Option("--visit", metavar="NAME", help="Of the participant: week_2, or week_2:2."),
    ] = None,
    study_wide: Annotated[
        bool, typer.Option("--study-wide", help="Whatever has closed in the study.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would be locked, and lock nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Lock what has closed of a visit, a participant, a site, or the study."""
    # Left out, a scope is no wish to lock all: only two persons could take that back (R15).
    if (site is not None) + (participant is not None) + study_wide != 1 or (
        visit and not participant
    ):
        raise typer.BadParameter(
            "name a site, or a participant, or a participant and a visit, or say --study-wide"
        )

    async def work(runtime: Runtime) -> LockPreview:
        named = None if visit is None else record.visit_named(visit)
        wish = LockWish(site, participant, named, reason)
        found = await runtime.context.reader.study(runtime.connection, study)
        if preview:
            return (await record.look_at_lock(runtime.connection, found.id, wish))[1]
        keeper = Keeper(
            runtime.context, found.id, runtime.actor, lambda: transaction(runtime.connection)
        )
        return await record.set_lock(keeper, wish)

    locked = with_runtime(data, actor, work)
    verb = "Would lock" if preview else "Locked"
    out.print(
        f"{verb} {locked.visits} visits of {len(locked.participants)} participants;"
        f" {locked.open} not closed.",
        highlight=False,
    )
    for one in locked.first_open:
        out.print(f"  {one.code} {one.definition}:{one.occurrence}", markup=False, highlight=False)


@lock_app.command("list")
def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """The locks of a study, the newest first."""

    async def work(runtime: Runtime) -> list[LockRow]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await store.list_locks(runtime.connection, found.id)

    table = Table("lock", "of", "visits", "since", "by", "lifted")
    for one in with_runtime(data, actor, work):
        place = " ".join(
            str(part)
            for part in (one.scope, one.site, one.participant, one.definition, one.occurrence)
            if part is not None
        )
        lifted = "" if one.lifted_at is None else f"{one.lifted_at.astimezone(UTC).isoformat()}"
        if one.lifted_at is None and one.asked_by is not None:
            lifted = f"asked by {one.asked_by}"
        since = one.recorded_at.astimezone(UTC).isoformat()
        table.add_row(str(one.id), place, str(one.visits), since, one.actor, lifted)
    out.print(table)


@lock_app.command("lift")
def lift_command(
    lock: Annotated[str, typer.Argument(help="The lock, as `lock list` names it.")],
    reason: ReasonOption,
    by: Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who signs, by their login.")],
    name: Annotated[str, typer.Option("--name", help="Their name as it is to be printed.")],
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read it from the first line of input.")
    ] = False,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Sign that a lock is lifted: who signs is somebody who may at the desk, with their password.

    Of a site or the study the first signature asks, and another person's lifts it within 7 days.
    """
    try:
        lock_id = UUID(lock)
    except ValueError:
        raise typer.BadParameter("is no lock; see `lock list`", param_hint="LOCK") from None
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else ask_password(by)

    async def work(runtime: Runtime) -> tuple[bool, int]:
        passwords = Passwords()
        async with (
            await open_pools(runtime.url, roles=("desk", "clerk")) as pools,
            seated(pools, passwords, by, password) as seat,
        ):
            hands = Hands(seat, runtime.context, pools.desk, pools.clerk)
            wish = LiftWish(lock_id, name, reason, Proof(password))
            done = await signing.lift(hands, passwords, wish, HERE)
            found = await store.list_locks(runtime.connection, seat.study_id)
            site_id = next((one.site_id for one in found if one.id == lock_id), None)
            others = await signing.count_others(
                runtime.connection, seat.study_id, site_id, seat.actor
            )
            return done, others

    lifted, others = with_runtime(data, actor, work)
    out.print("Lifted." if lifted else "Asked for: another person lifts it within 7 days.")
    if not lifted and others == 0:
        out.print(
            "Nobody else may lift it now: an investigator or a data manager of its sites is needed"
            " (pro-service staff add)."
        )
