"""`record copy`: a participant's record as files that are read without the system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, CodeArgument, DataOption, StudyOption
from pro_service.cli.record.papers import LanguageOption, read_language, write_together
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.services.desk.copying import CopyPools, find_place_of_staff, read_copy
from pro_service.store.pools import open_pools
from pro_service.web.desk.copying.content import record_copy
from pro_service.web.desk.copying.handlers import file_name, words_of_copies
from pro_service.web.desk.copying.pdf import paper_pdf
from pro_service.web.desk.pages import Desk

record_app = typer.Typer(
    no_args_is_help=True,
    help="A participant's record to be taken along, and what was signed of it.",
)


@record_app.callback()
def record_group() -> None:
    """A participant's record to be taken along, and what was signed of it."""


@record_app.command("copy")
def copy_command(
    code: CodeArgument,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")],
    by: Annotated[
        str,
        typer.Option("--by", metavar="LOGIN", help="The investigator for whom the copy is made."),
    ],
    language: LanguageOption = "en",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write one HTML file and one PDF with all of it that this investigator may see."""

    async def work(runtime: Runtime) -> list[Path]:
        spoken = read_language(language)
        found = await runtime.context.reader.study(runtime.connection, study)
        staff = await find_place_of_staff(runtime.connection, found.id, by)
        async with await open_pools(runtime.url, roles=("desk", "clerk")) as pools:
            by_whom = CopyPools(pools.desk, pools.clerk)
            facts = await read_copy(by_whom, runtime.context, staff, code, runtime.actor)
        desk = Desk(runtime.context.catalogue.instruments)
        paper = record_copy(words_of_copies(desk, runtime.context, spoken), facts)
        page = desk.write("paper.html", spoken, paper=paper).encode()
        name = file_name(code)
        return write_together(folder, {f"{name}.html": page, f"{name}.pdf": paper_pdf(paper)})

    for path in with_runtime(data, actor, work):
        out.print(f"Written: {path}", markup=False)
