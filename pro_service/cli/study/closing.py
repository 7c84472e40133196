"""`study close`: each site's record handed over as files, and nothing sent any more (R24)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Annotated, Final

import typer

from pro_service.cli.options import (
    ActorOption,
    DataOption,
    OptionError,
    ReasonOption,
    StudyOption,
)
from pro_service.cli.record.binder import binder_files
from pro_service.cli.record.papers import LanguageOption, read_language, write_together
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.permissions import Role
from pro_service.services.desk.copying import (
    CopyFacts,
    CopyPools,
    find_place_of_staff,
    read_copy,
)
from pro_service.services.desk.seat import Place
from pro_service.services.visits import study_end as service
from pro_service.services.visits.study_end import ClosingLook
from pro_service.store.pools import open_pools
from pro_service.store.study.studies import StudyRow
from pro_service.store.visits.study_end import list_logins_of_role
from pro_service.web.desk.copying.content import record_copy
from pro_service.web.desk.copying.handlers import file_name, words_of_copies
from pro_service.web.desk.copying.pdf import paper_pdf
from pro_service.web.desk.pages import Desk

_SUMS: Final = "SHA256SUMS"
_AUDIT: Final = "audit.csv"
_HEAD: Final = ("participant", "entry", "at_utc", "table", "done", "who", "why")

study_app = typer.Typer(no_args_is_help=True, help="The study as a whole.")


@study_app.callback()
def study_group() -> None:
    """The study as a whole."""


@study_app.command("close")
def close_command(
    reason: ReasonOption,
    folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the sites' folders go; a new one."),
    ] = None,
    named: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="SITE=LOGIN",
            help="The investigator for whom a site's copies are made; the first there is, else.",
        ),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what it would do and what hinders it.")
    ] = False,
    language: LanguageOption = "en",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Stop sending for good, and write a folder for each site: copies, binder, audit, hashes."""
    if folder is None and not preview:
        raise typer.BadParameter("name where the folders go: --out DIR, or --preview")

    async def work(runtime: Runtime) -> None:
        read_language(language)
        found = await runtime.context.reader.study(runtime.connection, study)
        look = await service.look_at_closing(runtime.connection, runtime.context, found.id)
        investigators = await _investigators(runtime, found, look, named or [])
        _show(look, investigators)
        if preview:
            for one in look.open:
                out.print(f"Hinders it: {one.code} {one.what}", markup=False, highlight=False)
            return
        service.demand_closable(look)
        if folder is None or folder.exists():
            raise OptionError(f"{folder} is there already.", mend="Name a new folder with --out.")
        said = (runtime.actor, reason)
        parts = (runtime.connection, runtime.context, found.id)
        await service.complete_everybody(*parts, look, said)
        sums = await _hand_over(runtime, found, look, investigators, (folder, language))
        handed = (hashlib.sha256(sums).hexdigest(), len(look.people))
        await service.keep_closing(runtime.connection, found.id, handed, said)
        out.print(f"{found.code} is closed. SHA-256 of {folder / _SUMS}:", markup=False)
        out.print(handed[0], highlight=False)

    with_runtime(data, actor, work)


async def _investigators(
    runtime: Runtime, study: StudyRow, look: ClosingLook, named: list[str]
) -> dict[str, str]:
    """For whom each site's copies are made. Raises OptionError where there is nobody."""
    known = await list_logins_of_role(runtime.connection, study.id, Role.investigator)
    wanted = dict(one.partition("=")[::2] for one in named)
    chosen = {}
    for site in sorted({one.site for one in look.people}):
        login = wanted.pop(site, None) or next(iter(known.get(site, ())), None)
        if login is None:
            raise OptionError(
                f"{site} has no investigator to whom its record could be handed over.",
                mend="Add one (pro-service staff add); a copy is made as they may see it.",
            )
        if login not in known.get(site, ()):
            raise OptionError(
                f"{login} is no investigator at {site}.", mend="See pro-service staff list."
            )
        chosen[site] = login
    if wanted:
        raise OptionError(f"Nobody is at {', '.join(wanted)}.", mend="Name a site: --for BJ01=li.")
    return chosen


def _show(look: ClosingLook, investigators: Mapping[str, str]) -> None:
    for site, login in investigators.items():
        here = sum(one.site == site for one in look.people)
        going_on = sum(one.site == site for one in look.going_on)
        out.print(
            f"{site}: {here} participants, {going_on} of whom take part still; for {login}.",
            markup=False,
            highlight=False,
        )


async def _hand_over(
    runtime: Runtime,
    study: StudyRow,
    look: ClosingLook,
    investigators: Mapping[str, str],
    to: tuple[Path, str],
) -> bytes:
    """Write the sites' folders; returns the list of check sums of all of it."""
    folder, language = to[0], read_language(to[1])
    binder = await binder_files(runtime, study, language)
    sums = ""
    async with await open_pools(runtime.url, roles=("desk", "clerk")) as pools:
        copying = _Copying(runtime, CopyPools(pools.desk, pools.clerk), language)
        for site, login in investigators.items():
            here = folder / site
            place = await find_place_of_staff(runtime.connection, study.id, login)
            codes = [one.code for one in look.people if one.site == site]
            lines = _write(here, binder) + await copying.write(here, place, codes)
            _write(here, {_SUMS: lines.encode()})
            sums += f"{hashlib.sha256(lines.encode()).hexdigest()}  {site}/{_SUMS}\n"
            out.print(f"Written: {here} ({len(codes)} participants)", markup=False)
    _write(folder, {_SUMS: sums.encode()})
    return sums.encode()


@dataclass(frozen=True)
class _Copying:
    """Writes copies, one participant after the other: none is kept in memory."""

    runtime: Runtime
    pools: CopyPools
    language: Language

    async def write(self, folder: Path, place: Place, codes: list[str]) -> str:
        """Each participant's copy as HTML and PDF, and the extract of the audit about all of them.

        Returns their check sums, a line each.
        """
        context = self.runtime.context
        desk = Desk(context.catalogue.instruments)
        words = words_of_copies(desk, context, self.language)
        table = io.StringIO()
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(_HEAD)
        lines = ""
        for code in codes:
            facts = await read_copy(self.pools, context, place, code, self.runtime.actor)
            paper = record_copy(words, facts)
            page = desk.write("paper.html", self.language, paper=paper).encode()
            name = file_name(code)
            lines += _write(folder, {f"{name}.html": page, f"{name}.pdf": paper_pdf(paper)})
            rows.writerows(_entries(code, facts))
        return lines + _write(folder, {_AUDIT: table.getvalue().encode()})


def _write(folder: Path, files: Mapping[str, bytes]) -> str:
    """Write new files, and return their check sums, a line each."""
    write_together(folder, files)
    return "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()
    )


def _entries(code: str, facts: CopyFacts) -> list[tuple[str, ...]]:
    return [
        (
            code,
            str(one.id),
            f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            one.table_name,
            one.operation,
            one.actor,
            one.reason or "",
        )
        for one in facts.entries
    ]
