"""`twilio check`: whether account, senders, webhooks and countries fit this service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.config import SettingsError
from pro_service.parts import make_twilio
from pro_service.services.texting.numbers import countries_of_enrolled
from pro_service.store.study import studies
from pro_service.store.texting import sending

if TYPE_CHECKING:
    from pro_service.messaging.twilio.check import Finding

twilio_app = typer.Typer(no_args_is_help=True, help="The Twilio account.")
PROVIDER = "twilio"


@twilio_app.callback()
def _commands() -> None:
    """The Twilio account."""


@twilio_app.command("check")
def check_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Say what is right and what to mend; exit 1 if anything is wrong. Sends no text."""
    from pro_service.messaging.twilio.check import all_right

    findings = with_runtime(data, actor, lambda runtime: _check(runtime, study))
    for one in findings:
        out.print(f"{one.level:<6}{one.about}: {one.said}.", markup=False)
        if one.mend is not None:
            out.print(f"      {one.mend}", markup=False)
    wrong = sum(one.level == "wrong" for one in findings)
    out.print("All is right." if not wrong else f"{wrong} to mend.")
    if not all_right(findings):
        raise typer.Exit(1)


async def _check(runtime: Runtime, study: str | None) -> list[Finding]:
    # Twilio's SDK takes half a second to load; other commands do not wait for it.
    from pro_service.messaging.twilio import account, check

    found = await runtime.context.reader.study(runtime.connection, study)
    rows = await sending.list_senders(runtime.connection, found.id)
    senders = [one.address for one in rows if one.in_use and one.provider == PROVIDER]
    enrolled = await countries_of_enrolled(runtime.connection, runtime.context, found.id)
    sites = {one.country for one in await studies.list_sites(runtime.connection, found.id)}
    rules = runtime.context.channels
    known = {code: rules.rule_for("sms", PROVIDER, code) for code in {*enrolled, *sites}}
    settings = runtime.settings
    findings: list[Finding] = []
    if PROVIDER not in settings.providers:
        findings.append(check.not_chosen(",".join(settings.providers)))
    try:
        gateway = make_twilio(settings)
    except SettingsError as error:
        findings.append(check.unset_credentials(error.message, error.mend))
    else:
        try:
            findings += await account.check_twilio(gateway, senders, settings.public_url)
        finally:
            await gateway.close()
    elsewhere = {
        one.address: one.provider
        for one in rows
        if one.in_use and one.provider not in settings.providers
    }
    findings += [check.sender_elsewhere(*one) for one in elsewhere.items()]
    if not senders and not elsewhere:
        findings.append(check.no_sender())
    failure = await account.ask_health(settings.public_url)
    return [
        *findings,
        check.check_public_url(settings.public_url),
        check.check_health(settings.public_url, failure),
        *check.check_countries(enrolled, known, sites),
    ]
