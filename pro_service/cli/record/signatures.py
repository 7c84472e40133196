"""`record verify-signatures`: whether what was signed still stands. Signing is done at the desk."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.record.copies import record_app
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.signatures import Change, Part
from pro_service.services import record
from pro_service.services.record import SignedCheck


@record_app.command("verify-signatures")
def verify_command(
    participant: Annotated[
        str | None, typer.Option("--participant", metavar="CODE", help="Theirs alone; else all.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Compute what was signed again; says what changed since, and exits with 1 if any is void."""

    async def work(runtime: Runtime) -> list[SignedCheck]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await record.check_signatures(runtime.connection, found.id, participant)

    checked = with_runtime(data, actor, work)
    for one in checked:
        _say(one)
    void = sum(not one.verified.stands for one in checked)
    out.print(f"{len(checked)} signatures, {void} of them void.", highlight=False)
    if void:
        raise typer.Exit(1)


def _say(one: SignedCheck) -> None:
    made = one.verified.signature
    of = "every visit closed by then"
    if made.definition is not None:
        of = made.definition if made.occurrence == 1 else f"{made.definition}:{made.occurrence}"
    state = "stands" if one.verified.stands else "VOID"
    at = made.signed_at.astimezone(UTC).isoformat()
    line = f"{state} {one.code}, {of}: {made.printed_name} ({made.actor}), {at}, {made.meaning}"
    out.print(f"{line}, sha256 {made.content_sha256}", markup=False, highlight=False)
    if not one.verified.is_proven:
        out.print(
            "  the record as it stood then does not give this hash: see `audit verify`",
            highlight=False,
        )
    for told in one.verified.told:
        by = "" if told.at is None else f", {told.at.astimezone(UTC).isoformat()} by {told.actor}"
        out.print(f"  {_change(told.change)}{by}", markup=False, highlight=False)


def _change(change: Change) -> str:
    part = change.part
    values = [_value(part, leaf) for leaf in (change.before, change.after)]
    where = " ".join(
        str(one)
        for one in (part.visit, part.occurrence, part.instrument, part.target, part.what, part.name)
        if one
    )
    return f"{where}: {values[0]} -> {values[1]}"


def _value(part: Part, leaf: object) -> str:
    """A value or a score, as it was or is; of the rest, that it is there."""
    if not isinstance(leaf, dict):
        return "not there"
    if part.what == "item":
        return str(leaf["gap"] if leaf["value"] is None else leaf["value"])
    if part.what == "score":
        return str(leaf["absent"] if leaf["raw"] is None else leaf["raw"])
    return ", ".join(f"{name} {value}" for name, value in leaf.items())
