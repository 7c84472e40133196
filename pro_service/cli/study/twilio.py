"""`twilio check`: what `provider check twilio` does, by the name it had first."""

from __future__ import annotations

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.study.providers import check_provider

twilio_app = typer.Typer(no_args_is_help=True, help="The Twilio account.")


@twilio_app.callback()
def _commands() -> None:
    """The Twilio account."""


@twilio_app.command("check")
def check_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Say what is right and what to mend; exit 1 if anything is wrong. Sends no text."""
    check_provider("twilio", study, data, actor)
