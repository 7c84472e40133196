"""How the service fares, and how what is wrong is mended: the ten figures judged, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.key_check import demand_fitting_keys
from pro_service.services.keeping.holding import said_of, said_of_timeline
from pro_service.services.study import said_of_gaps, senders_elsewhere, waiting_elsewhere
from pro_service.store.base.operations import get_database_kind
from pro_service.store.connection import Connection
from pro_service.store.keeping.holds import get_left_timeline, get_open_hold
from pro_service.store.keeping.watching import Figures, Server, get_figures, get_server
from pro_service.store.migrations import demand_whole, schema_state
from pro_service.store.texting.registered import list_gaps
from pro_service.store.texting.sending import count_waiting_elsewhere, list_senders_elsewhere
from pro_service.vault.vault import Vault

OLDEST_SERVER: Final = 150000
CLOCK_MAY_DIFFER: Final = timedelta(seconds=2)
SEALED_WITHIN: Final = timedelta(minutes=30)
"""Sealing is tried every five minutes; an open transaction may hold it up for a while."""
BACKED_UP_WITHIN: Final = timedelta(hours=26)
ARCHIVED_WITHIN: Final = timedelta(minutes=15)
WORKED_OFF_WITHIN: Final = timedelta(minutes=5)


class State(StrEnum):
    """How bad it is."""

    well = "well"
    look = "look"
    """Somebody should look at it; nothing stands still."""
    wrong = "wrong"


class Finding(NamedTuple):
    """One thing looked at: what it is, how it is, and the mend where it is not well."""

    name: str
    state: State
    said: str
    mend: str = ""


class Installation(NamedTuple):
    """What the settings say: the providers set up here, and the vault."""

    providers: Sequence[str]
    vault: Vault


async def check_up(
    connection: Connection, here: Installation, machine_now: datetime
) -> list[Finding]:
    """Look at a database, as an operator. What makes the rest meaningless ends the list."""
    findings = judge_server(await get_server(connection), machine_now)
    try:
        demand_whole(await schema_state(connection))
    except ProServiceError as error:
        return [*findings, wrong("schema", error)]
    findings.append(Finding("schema", State.well, "this release's"))
    try:
        await demand_fitting_keys(connection, here.vault)
        findings.append(Finding("keys", State.well, "open what is stored"))
    except ProServiceError as error:
        findings.append(wrong("keys", error))
    kind = await get_database_kind(connection)
    findings += await _sending(connection, here.providers)
    return findings + judge(await get_figures(connection), kind or "")


def wrong(name: str, error: ProServiceError) -> Finding:
    """What an error of ours says, as a finding."""
    return Finding(name, State.wrong, error.message, error.mend or "")


def judge_server(server: Server, machine_now: datetime) -> list[Finding]:
    """The server's version and its clock beside this machine's."""
    version = f"PostgreSQL {server.version // 10000}, {server.size / 2**20:,.0f} MB"
    old = server.version < OLDEST_SERVER
    apart = abs(server.at - machine_now)
    return [
        Finding(
            "database",
            State.wrong if old else State.well,
            version,
            "PostgreSQL 15 or newer is needed." if old else "",
        ),
        Finding(
            "clock",
            State.look if apart > CLOCK_MAY_DIFFER else State.well,
            f"{apart.total_seconds():.1f} s apart from the database's",
            "Run a time service (chrony) on both machines." if apart > CLOCK_MAY_DIFFER else "",
        ),
    ]


async def _sending(connection: Connection, providers: Sequence[str]) -> list[Finding]:
    names = list(providers)
    hold = await get_open_hold(connection)
    said = [
        *senders_elsewhere(await list_senders_elsewhere(connection, names), names[0]),
        *waiting_elsewhere(await count_waiting_elsewhere(connection, names)),
        *said_of_gaps(await list_gaps(connection)),
    ]
    held = [] if hold is None else [Finding("sending", State.wrong, said_of(hold))]
    if hold is None and await get_left_timeline(connection) is not None:
        held = [Finding("sending", State.wrong, said_of_timeline())]
    found = [*held, *(Finding("sending", State.wrong, line) for line in said)]
    return found or [Finding("sending", State.well, "nothing holds it")]


def judge(figures: Figures, kind: str) -> list[Finding]:
    """The figures of a database of this kind, each with what it means."""
    return [
        _nudges(figures),
        _older("seals", figures.unsealed_seconds, SEALED_WITHIN, _SEALS),
        _older("pushes", figures.push_seconds, WORKED_OFF_WITHIN, _PUSHES),
        _waits("texts out", figures.texts_of_unknown_fate, "of unknown fate", "under Texts"),
        _waits("texts in", figures.texts_to_read, "to read", "under Texts"),
        _waits("alerts", figures.alerts_unseen, "urgent and unseen", "on Today"),
        _backup(figures, kind),
    ]


_SEALS: Final = "Is a worker running? A transaction left open by hand holds sealing up, too."
_PUSHES: Final = "Is a worker running? See its log for round_failed of the job `pushes`."


def _nudges(figures: Figures) -> Finding:
    if not figures.nudges_late:
        return Finding("reminders", State.well, f"{figures.nudges_due} due now, none late")
    since = timedelta(seconds=round(figures.nudge_seconds or 0))
    return Finding(
        "reminders",
        State.look if figures.held else State.wrong,
        f"{figures.nudges_late} late, the oldest by {since}",
        "Start `pro-service worker`; if one runs, see its log for round_failed and row_failed.",
    )


def _older(name: str, seconds: float | None, bound: timedelta, mend: str) -> Finding:
    if seconds is None:
        return Finding(name, State.well, "nothing waits")
    waits = timedelta(seconds=round(max(seconds, 0)))
    late = waits > bound
    said = f"the oldest waits for {waits}"
    return Finding(name, State.wrong if late else State.well, said, mend if late else "")


def _waits(name: str, count: int, what: str, where: str) -> Finding:
    if not count:
        return Finding(name, State.well, f"none {what}")
    return Finding(name, State.look, f"{count} {what}", f"Staff see them at the desk, {where}.")


def _backup(figures: Figures, kind: str) -> Finding:
    """A demonstration needs none."""
    archive = figures.archive_seconds
    if archive is not None and archive <= ARCHIVED_WITHIN.total_seconds():
        return Finding("backup", State.well, "the server's log is archived as it is written")
    if figures.backup_seconds is None:
        said, old = "none was ever noted", True
    else:
        age = timedelta(seconds=round(figures.backup_seconds))
        said, old = f"the newest is {age} old", age > BACKED_UP_WITHIN
    if not old or kind == "demo":
        return Finding("backup", State.well, said)
    return Finding(
        "backup",
        State.wrong if kind == "production" else State.look,
        said,
        "Run `pro-service backup FILE` every night, and keep the file elsewhere.",
    )
