"""`webhook`: what programs are told, and where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.programs.webhooks import Kind
from pro_service.services.study import webhooks
from pro_service.services.study.webhooks import MadeWebhook, WebhookWish
from pro_service.store.api.webhooks import DeadRow, WebhookRow

webhook_app = typer.Typer(no_args_is_help=True, help="What programs are told, and where.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id, as `list` says it.")]


@webhook_app.command("add")
def add_command(
    login: Annotated[str, typer.Argument(help="Login of the program.")],
    url: Annotated[str, typer.Argument(help="Where it is told: https://...")],
    kind: Annotated[
        list[Kind] | None, typer.Option(help="What it is told of; repeat it. Left out: all.")
    ] = None,
    private: Annotated[
        bool,
        typer.Option("--private", help="It may lead to one's own network, and without TLS."),
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Tell a program what happens from now on, and print what it is signed with, this once."""
    wish = WebhookWish(login, url, frozenset(kind or Kind), private)

    async def work(runtime: Runtime) -> MadeWebhook:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await webhooks.add_webhook(
            runtime.connection, runtime.context, found.id, wish, actor=runtime.actor
        )

    made = with_runtime(data, actor, work)
    _say(made.secret)
    _say(f"Webhook {made.id} is told from now on. What signs it is not shown again.")


@webhook_app.command("list")
def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Every webhook: whose, where to, of what; how much waits, was told in a week, is dead."""

    async def work(runtime: Runtime) -> Sequence[WebhookRow]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await webhooks.list_webhooks(runtime.connection, found.id)

    for row in with_runtime(data, actor, work):
        _say(_line(row))


@webhook_app.command("end")
def end_command(
    webhook: IdArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Tell nothing more by a webhook, not even what waits."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await webhooks.end_webhook(
            runtime.connection, found.id, webhook, reason=reason, actor=runtime.actor
        )

    with_runtime(data, actor, work)
    _say(f"Webhook {webhook} is told nothing more.")


@webhook_app.command("dead")
def dead_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """What was tried for a day and a half and never taken: which webhook, of what, why (UTC)."""

    async def work(runtime: Runtime) -> Sequence[DeadRow]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await webhooks.list_dead(runtime.connection, found.id)

    for row in with_runtime(data, actor, work):
        said = f"{row.webhook_id}  {row.kind}  {row.participant_id}"
        _say(f"{said}  {_minute(row.dead_at)}  {row.tries} tries  {row.fault}")


@webhook_app.command("retry")
def retry_command(
    webhook: Annotated[
        str | None, typer.Argument(metavar="ID", help="Of which webhook; left out: of all.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let what is dead be tried once more."""

    async def work(runtime: Runtime) -> int:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await webhooks.retry(runtime.connection, found.id, webhook)

    _say(f"{with_runtime(data, actor, work)} are tried once more.")


def _line(row: WebhookRow) -> str:
    if row.ended_at is None:
        state = f"{row.waiting} wait, {row.delivered} told, {row.dead} dead"
    else:
        state = f"ended {_minute(row.ended_at)}: {row.end_reason}"
    private = " (private)" if row.private else ""
    return f"{row.id}  {row.login}  {row.url}{private}  {state}  {' '.join(row.kinds)}"


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


def _say(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True, highlight=False)
