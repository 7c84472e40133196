"""`rota list|set|end`: who is told of urgent matters at a site, day by day (R10)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from pro_service.cli.options import ActorOption, DataOption, OptionError, StudyOption, read_day
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.study.duty import WEEKDAYS, EntryKind, Gap, RotaEntry
from pro_service.domain.study.times import local_day, zone
from pro_service.services.study import rota as service
from pro_service.services.study.rota import SiteRota
from pro_service.services.study.sites import UnknownNameError
from pro_service.store.ids import new_id

_TIMED: Final = (EntryKind.shift, EntryKind.cover)
rota_app = typer.Typer(no_args_is_help=True, help="Who is told of urgent matters, and when.")

SiteArgument = Annotated[str, typer.Argument(help="Code of the site.")]


@rota_app.command("list")
def list_command(
    site: Annotated[str | None, typer.Option(help="Code of the site (else all).")] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Show who is on duty now, what stands in the rota, and when nobody is told in 14 days."""

    async def work(runtime: Runtime) -> list[SiteRota]:
        found = await runtime.context.reader.study(runtime.connection, study)
        if site is not None:
            return [await service.find_rota(runtime.connection, found.id, site)]
        return await service.read_rotas(runtime.connection, found.id)

    for rota in with_runtime(data, actor, work):
        for line in _lines(rota):
            out.print(line, markup=False)


@rota_app.command("set")
def set_command(
    site: SiteArgument,
    kind: Annotated[EntryKind, typer.Argument(help="What it says.")],
    person: Annotated[
        str | None, typer.Option(help="Login of who is told first, or of who is away.")
    ] = None,
    deputy: Annotated[str | None, typer.Option(help="Login of who is told next.")] = None,
    days: Annotated[
        str, typer.Option(help="Of a shift: days on which it begins, as mon-fri or sat,sun.")
    ] = "",
    begins: Annotated[str | None, typer.Option("--from", help="In the site's zone: 20:00.")] = None,
    ends: Annotated[
        str | None, typer.Option("--until", help="Not after --from: on the next day.")
    ] = None,
    first: Annotated[str | None, typer.Option(help="First day (else today, there).")] = None,
    last: Annotated[
        str | None, typer.Option(help="Last day (else the first; a shift goes on).")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Put a weekly shift, a cover by date, a leave or a holiday into a site's rota."""
    weekdays = _weekdays(days) if kind is EntryKind.shift else frozenset()
    hours = (_clock(begins), _clock(ends)) if kind in _TIMED else (None, None)
    named = None if first is None else read_day(first)
    until = None if last is None else read_day(last)

    async def work(runtime: Runtime) -> SiteRota:
        found = await runtime.context.reader.study(runtime.connection, study)
        rota = await service.find_rota(runtime.connection, found.id, site)
        first_on = named or local_day(rota.row.now, zone(rota.row.zone))
        entry = RotaEntry(
            *(new_id(), kind, weekdays, *hours, _staff(rota, person), _staff(rota, deputy)),
            first_on=first_on,
            last_on=_last(kind, first_on, until),
        )
        await service.add_entry(runtime.connection, found.id, rota, entry, runtime.actor)
        return await service.find_rota(runtime.connection, found.id, site)

    for line in _lines(with_runtime(data, actor, work)):
        out.print(line, markup=False)


@rota_app.command("end")
def end_command(
    site: SiteArgument,
    entry: Annotated[UUID, typer.Argument(help="Its id, as `rota list` shows it.")],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Take something out of a site's rota, from now on."""

    async def work(runtime: Runtime) -> SiteRota:
        found = await runtime.context.reader.study(runtime.connection, study)
        rota = await service.find_rota(runtime.connection, found.id, site)
        if rota.find(entry) is None:
            raise UnknownNameError(
                f"There is no {entry} in the rota of {site}.", mend="See pro-service rota list."
            )
        await service.end_entry(runtime.connection, found.id, rota, entry, runtime.actor)
        return await service.find_rota(runtime.connection, found.id, site)

    for line in _lines(with_runtime(data, actor, work)):
        out.print(line, markup=False)


def _last(kind: EntryKind, first: date, last: date | None) -> date | None:
    return first if last is None and kind is not EntryKind.shift else last


def _weekdays(text: str) -> frozenset[int]:
    """Days of the week as they are typed: `mon-fri`, `sat,sun`. Raises OptionError."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            raise OptionError(
                f"{text!r} names no days of the week.", mend="Write them as mon-fri or sat,sun."
            )
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        length = (end - begin) % len(WEEKDAYS) + 1
        found.update((begin + n) % len(WEEKDAYS) for n in range(length))
    return frozenset(found)


def _clock(text: str | None) -> time | None:
    """A time of day as it is typed. Raises OptionError."""
    try:
        return None if text is None else time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise OptionError(f"{text!r} is not a time of day.", mend="Write it as 20:00.") from None


def _staff(rota: SiteRota, login: str | None) -> UUID | None:
    """Somebody who may be told at the site. Raises UnknownNameError."""
    if login is None:
        return None
    for one, name in rota.staff.items():
        if name == login.lower():
            return one
    known = ", ".join(sorted(rota.staff.values())) or "nobody"
    raise UnknownNameError(
        f"{login} may not be told of urgent matters at {rota.row.code}.", mend=f"May be: {known}."
    )


def _lines(rota: SiteRota) -> list[str]:
    local = zone(rota.row.zone)
    duty = [f"{rota.name(one.person)} until {_at(one.ends_at, local)}" for one in rota.on_duty()]
    lines = [f"{rota.row.code} ({rota.row.zone}): on duty now: {', then '.join(duty) or 'nobody'}"]
    if not rota.row.was_set:
        return [*lines, "  never set: nobody is told of urgent matters"]
    lines += [f"  {_entry(rota, one)}" for one in rota.row.entries]
    gaps = rota.gaps()
    lines.append(f"  nobody is told in the next 14 days: {len(gaps) or 'never'}")
    return lines + [f"    {_gap(one, local)}" for one in gaps]


def _entry(rota: SiteRota, one: RotaEntry) -> str:
    parts = [str(one.id), one.kind.value, ",".join(WEEKDAYS[day] for day in sorted(one.weekdays))]
    if one.begins is not None and one.ends is not None:
        parts.append(f"{one.begins:%H:%M}-{one.ends:%H:%M}")
    if one.person is not None:
        parts.append(_named(rota, one.person))
    if one.deputy is not None:
        parts.append(f"deputy {_named(rota, one.deputy)}")
    parts.append(f"from {one.first_on}" + ("" if one.last_on is None else f" until {one.last_on}"))
    return "  ".join(part for part in parts if part)


def _named(rota: SiteRota, person: UUID) -> str:
    name = rota.name(person)
    return name if person in rota.staff else f"{name} (may not be told here any more)"


def _gap(one: Gap, local: ZoneInfo) -> str:
    return f"{_at(one.begins_at, local)} - {_at(one.ends_at, local)}"


def _at(instant: datetime, local: ZoneInfo) -> str:
    return f"{instant.astimezone(local):%a %Y-%m-%d %H:%M}"
