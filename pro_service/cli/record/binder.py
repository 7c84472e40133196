"""`binder`: every screen and text in each language and version, with hashes and public keys."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.record.papers import LanguageOption, read_language, write_together
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.config import open_seal_keys
from pro_service.domain.instruments.model import Language
from pro_service.services.study.wording import show_stored_wording
from pro_service.store.base import operations
from pro_service.store.study.studies import StudyRow, list_protocol_versions
from pro_service.web.desk.copying.binder import BinderFacts, binder_paper
from pro_service.web.desk.copying.pdf import paper_pdf
from pro_service.web.desk.pages import Desk

_SUMS = "SHA256SUMS"


def binder_command(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")],
    language: LanguageOption = "en",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write the study's binder as one HTML file and one PDF, with their check sums."""

    async def work(runtime: Runtime) -> list[Path]:
        spoken = read_language(language)
        found = await runtime.context.reader.study(runtime.connection, study)
        files = await binder_files(runtime, found, spoken)
        sums = "".join(
            f"{hashlib.sha256(one).hexdigest()}  {name}\n" for name, one in files.items()
        )
        return write_together(folder, files | {_SUMS: sums.encode()})

    for path in with_runtime(data, actor, work):
        out.print(f"Written: {path}", markup=False)


async def binder_files(runtime: Runtime, study: StudyRow, language: Language) -> dict[str, bytes]:
    """The binder as one HTML file and one PDF, by name."""
    facts = await _facts(runtime, study)
    desk = Desk(runtime.context.catalogue.instruments)
    paper = binder_paper(desk.words(language), facts)
    page = desk.write("paper.html", language, paper=paper).encode()
    return {"binder.html": page, "binder.pdf": paper_pdf(paper)}


async def _facts(runtime: Runtime, found: StudyRow) -> BinderFacts:
    connection, context, settings = runtime.connection, runtime.context, runtime.settings
    await show_stored_wording(connection, context)
    versions = [
        (one, await context.reader.protocol(connection, found.id, one.id))
        for one in await list_protocol_versions(connection, found.id)
    ]
    keys = "" if settings.seal_keys is None else str(open_seal_keys(settings).public)
    now = await operations.get_study_time(connection)
    return BinderFacts(context, found, versions, keys, now)
