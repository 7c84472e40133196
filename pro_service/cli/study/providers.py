"""`provider check NAME`: whether a provider's account, senders and templates fit this service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple
from uuid import UUID

import typer

from pro_service.cli.options import ActorOption, DataOption, OptionError, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.config import Settings, SettingsError
from pro_service.domain.delivery.senders import EMAIL, SMS
from pro_service.parts import make_aliyun, make_email, make_tencent, make_twilio
from pro_service.services.texting.numbers import countries_of_enrolled
from pro_service.store.study import studies
from pro_service.store.texting import registered, sending

if TYPE_CHECKING:
    from pro_service.messaging.aliyun.gateway import AliyunGateway
    from pro_service.messaging.checking import Finding
    from pro_service.messaging.tencent.gateway import TencentGateway

provider_app = typer.Typer(no_args_is_help=True, help="The providers of texts and e-mail.")
_EXAMPLES: Final = {"twilio": "+1...", "email": "followup@..."}


@provider_app.callback()
def _commands() -> None:
    """The providers of texts and e-mail."""


@provider_app.command("check")
def check_command(
    name: Annotated[str, typer.Argument(help="aliyun, email, tencent or twilio.")],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say what is right and what to mend; exit 1 if anything is wrong. Sends nothing."""
    check_provider(name, study, data, actor)


def check_provider(name: str, study: str | None, data: Path | None, actor: str | None) -> None:
    """Check one provider and print what was found."""
    from pro_service.messaging.checking import all_right

    findings = with_runtime(data, actor, lambda runtime: _check(runtime, name, study))
    for one in findings:
        out.print(f"{one.level:<6}{one.about}: {one.said}.", markup=False)
        if one.mend is not None:
            out.print(f"      {one.mend}", markup=False)
    wrong = sum(one.level == "wrong" for one in findings)
    out.print("All is right." if not wrong else f"{wrong} to mend.")
    if not all_right(findings):
        raise typer.Exit(1)


class _Asked(NamedTuple):
    """What is checked: a provider for a study, with our addresses there."""

    runtime: Runtime
    study_id: UUID
    senders: list[str]


async def _check(runtime: Runtime, name: str, study: str | None) -> list[Finding]:
    from pro_service.messaging import checking

    if name not in _CHECKS:
        mend = f"One of {', '.join(sorted(_CHECKS))}."
        raise OptionError(f"{name} is no provider that can be checked.", mend=mend)
    found = await runtime.context.reader.study(runtime.connection, study)
    rows = await sending.list_senders(runtime.connection, found.id)
    settings, channels = runtime.settings, runtime.context.channels
    asked = _Asked(
        runtime, found.id, [one.address for one in rows if one.in_use and one.provider == name]
    )
    findings: list[Finding] = []
    if name not in settings.providers:
        findings.append(checking.not_chosen(name, ",".join(settings.providers)))
    try:
        findings += await _CHECKS[name](asked)
    except SettingsError as error:
        findings.append(checking.unset_credentials(error.message, error.mend))
    elsewhere = {
        one.address: one.provider
        for one in rows
        if one.in_use and one.provider not in settings.providers
    }
    findings += [checking.sender_elsewhere(*one, here=name) for one in elsewhere.items()]
    if not asked.senders and not elsewhere:
        findings.append(checking.no_sender(name, _EXAMPLES.get(name, "SIGNATURE")))
    failure = await checking.ask_health(settings.public_url)
    findings += [
        checking.check_public_url(settings.public_url),
        checking.check_health(settings.public_url, failure),
    ]
    if channels.channel_of(name) == EMAIL:
        return findings
    return findings + await _countries(asked, name)


async def _countries(asked: _Asked, name: str) -> list[Finding]:
    from pro_service.messaging import checking
    from pro_service.messaging.twilio import check

    runtime = asked.runtime
    enrolled = await countries_of_enrolled(runtime.connection, runtime.context, asked.study_id)
    sites = {one.country for one in await studies.list_sites(runtime.connection, asked.study_id)}
    channels = runtime.context.channels
    rules = {code: channels.rule_for(SMS, name, code) for code in {*enrolled, *sites}}
    if name == "twilio":
        return check.check_countries(enrolled, rules, sites)
    return checking.check_reach(name, enrolled, rules)


async def _twilio(asked: _Asked) -> list[Finding]:
    # Twilio's SDK takes half a second to load; other commands do not wait for it.
    from pro_service.messaging.twilio import account

    settings = asked.runtime.settings
    gateway = make_twilio(settings)
    try:
        return await account.check_twilio(gateway, asked.senders, settings.public_url)
    finally:
        await gateway.close()


async def _aliyun(asked: _Asked) -> list[Finding]:
    return await _registered(asked, make_aliyun)


async def _tencent(asked: _Asked) -> list[Finding]:
    return await _registered(asked, make_tencent)


async def _registered(
    asked: _Asked, make: Callable[[Settings], AliyunGateway | TencentGateway]
) -> list[Finding]:
    from pro_service.messaging.checking import Kept, check_registered

    gateway = make(asked.runtime.settings)
    rows = await registered.list_templates(asked.runtime.connection, asked.study_id)
    kept = [
        Kept(one.code, f"{one.key}, {one.language}", one.words)
        for one in rows
        if one.in_force and one.address in asked.senders
    ]
    try:
        return await check_registered(gateway, asked.senders, kept)
    finally:
        await gateway.close()


async def _email(asked: _Asked) -> list[Finding]:
    from pro_service.messaging.checking import note, right, wrong
    from pro_service.messaging.gateway import NotAcceptedError

    settings = asked.runtime.settings
    about = f"mail server {settings.smtp_host}"
    gateway = make_email(settings)
    try:
        await gateway.sign_in()
    except NotAcceptedError:
        mend = "Check PRO_SMTP_HOST, _PORT, _TLS, _LOGIN_FILE and _CA_FILE; does the server run?"
        return [wrong(about, "lets nobody in", mend)]
    hook = f"{settings.public_url.rstrip('/')}/hooks/email/bounces"
    return [
        right(about, "lets this service in"),
        note(f"what comes back to {settings.email_returns}", f"is to be handed to {hook}"),
    ]


_CHECKS: Final[dict[str, Callable[[_Asked], Awaitable[list[Finding]]]]] = {
    "aliyun": _aliyun,
    "email": _email,
    "tencent": _tencent,
    "twilio": _twilio,
}
