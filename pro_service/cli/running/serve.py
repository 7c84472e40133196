"""`serve`, `worker`: running the service."""

from __future__ import annotations

from typing import Annotated

import typer

from pro_service.app import is_there, run
from pro_service.cli.options import DataOption
from pro_service.cli.running.words import move_old_words
from pro_service.cli.runtime import open_database, out, run_command
from pro_service.config import Settings, open_vault, read_settings
from pro_service.logs import configure_logs

PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")]


def serve_command(
    port: PortOption = None,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Run the periodic work in this process too.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Serve pages and webhooks until SIGTERM or Ctrl-C, then drain."""
    _run(data, port=port, serve=True, work=with_worker)


def worker_command(data: DataOption = None) -> None:
    """Run reminders, sending, closing and sealing until SIGTERM or Ctrl-C, then drain."""
    _run(data, port=None, serve=False, work=True)


def _run(data: DataOption, *, port: int | None, serve: bool, work: bool) -> None:
    configure_logs()

    async def whole() -> None:
        settings: Settings = read_settings()
        if port is not None:
            settings = settings.model_copy(update={"port": port})
        async with open_database(settings, data) as (ready_settings, url):
            vault = open_vault(ready_settings)
            if not await is_there(url):
                return
            words = await move_old_words(url, vault)
            if words:
                out.print(words, markup=False)
            await run(
                ready_settings,
                url,
                vault,
                serve=serve,
                work=work,
                announce=lambda line: out.print(line),
            )

    run_command(whole())
