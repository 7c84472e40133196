"""`audit list`: the audit, read: who did what to what, when, why and from where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption, read_day
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.domain.study.times import day_end, day_start, zone
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.record.audit_file import audit_csv
from pro_service.services.record.reading import (
    GROUPS,
    MOST_IN_FILE,
    PAGE,
    SIGN_INS,
    AuditEntry,
    Wish,
    read_audit,
    read_sign_ins,
)
from pro_service.store.base import participants
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.record.reading import Reading
from pro_service.tables.writing import write_csv


def list_command(
    participant: Annotated[
        str | None, typer.Option("--participant", metavar="CODE", help="About whom.")
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="LOGIN", help="By whom: a login, or a name like cli:ann."),
    ] = None,
    thing: Annotated[
        str | None, typer.Option("--thing", help=f"What: {', '.join(GROUPS)}.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="From this day on (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Up to this day (UTC).")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="PLACE", help="Go on where a page ended.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help=f"Write up to {MOST_IN_FILE} entries to a file."
        ),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Print a page of the audit, the newest first; of an answer its question, never its value."""
    if thing is not None and thing not in GROUPS:
        raise typer.BadParameter(f"one of {', '.join(GROUPS)}", param_hint="--thing")
    if file is not None and file.exists():
        raise typer.BadParameter(f"{file} is there already; name a new file", param_hint="--csv")

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        wish = Wish(
            participant=await _participant(runtime, found.id, participant),
            person=person if person is None or ":" in person else f"staff:{person}",
            group=thing,
            since=None if since is None else day_start(read_day(since), zone("UTC")),
            until=None if until is None else day_end(read_day(until), zone("UTC")),
            before=before,
        )
        reading = Reading(runtime.connection, found.id, everything=True, nobodys=True)
        if thing == SIGN_INS:
            await _print_door(reading, wish)
        elif file is None:
            await _print_page(runtime, reading, wish)
        else:
            await _write_file(runtime, reading, wish, file)

    with_runtime(data, actor, work)


async def _participant(runtime: Runtime, study_id: UUID, code: str | None) -> UUID | None:
    if code is None:
        return None
    found = await participants.find_participant(runtime.connection, study_id, code)
    if found is None:
        raise UnknownParticipantError(f"There is no participant {code}.")
    return found


async def _print_page(runtime: Runtime, reading: Reading, wish: Wish) -> None:
    page = await read_audit(reading, runtime.context, wish, PAGE)
    for one in page.entries:
        out.print(_said(one), markup=False)
    if page.looked_until is not None:
        out.print(f"Looked back to {page.looked_until.isoformat(timespec='seconds')}.")
    if page.following is not None:
        out.print(f"Go on with --before {page.following}", markup=False)
    elif not page.entries:
        out.print("Nothing fits.")


def _said(one: AuditEntry) -> str:
    """One entry as a line, and a line below it for each row it tells of."""
    did = one.operation.lower()
    head = f"{one.at.isoformat(timespec='seconds')}  {one.actor} ({one.whence})  {did} {one.kind}"
    if one.row_count > 1:
        head += f" ({one.row_count} rows)"
    if one.unreadable:
        head += "  why: cannot be read here"
    elif one.reason:
        head += f"  why: {one.reason}"
    lines = [head]
    for row in one.rows:
        told = [
            f"{name}={row.new.get(name)}"
            if name not in row.old
            else f"{name}: {row.old[name]} -> {row.new.get(name)}"
            for name in dict.fromkeys([*row.old, *row.new])
        ]
        lines.append("    " + "  ".join([row.code or "-", *told]))
    return "\n".join(lines)


async def _print_door(reading: Reading, wish: Wish) -> None:
    found, following = await read_sign_ins(reading, wish)
    for one in found:
        at = one.happened_at.isoformat(timespec="seconds")
        out.print(f"{at}  {one.login}  {one.kind}  {one.address or '-'}", markup=False)
    if following is not None:
        out.print(f"Go on with --before {following}", markup=False)
    elif not found:
        out.print("Nothing fits.")


async def _write_file(runtime: Runtime, reading: Reading, wish: Wish, file: Path) -> None:
    page = await read_audit(reading, runtime.context, wish, MOST_IN_FILE)
    taken = TakenOut("audit", _narrowed(wish), len(page.entries))
    await insert_data_out(runtime.connection, reading.study_id, taken)
    write_csv(file, audit_csv(page.entries))
    out.print(f"{len(page.entries)} entries written to {file}.", markup=False)
    if page.following is not None:
        err.print(f"There are more: narrow it by time, or go on with --before {page.following}")


def _narrowed(wish: Wish) -> str:
    """What was asked for, as the record keeps it."""
    named = {
        "participant": wish.participant,
        "person": wish.person,
        "thing": wish.group,
        "from": None if wish.since is None else wish.since.date(),
        "to": None if wish.until is None else wish.until.date(),
    }
    return "&".join(f"{name}={value}" for name, value in named.items() if value is not None)
