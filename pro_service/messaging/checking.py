"""What `provider check` says of a provider, line by line, and what it asks; nothing is sent."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable
from urllib.parse import urlsplit

import aiohttp

from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.record import Record
from pro_service.messaging.gateway import GatewayError

BOUND_SECONDS: Final = 10.0
"""Bounds the question to our own address."""
_BLANK: Final = re.compile(r"[$]?[{][^}]*[}]")


class Finding(Record):
    """One line of the check. `note`: nothing to mend, but worth knowing."""

    level: Literal["ok", "note", "wrong"]
    about: str
    said: str
    mend: str | None = None


class Standing(StrEnum):
    """How far what is registered with a provider has come."""

    approved = "approved"
    waiting = "waiting"
    """It is being examined, or not yet in force."""
    refused = "refused"
    absent = "absent"
    """The account has nothing of this name."""


class SignatureSeen(NamedTuple):
    """A signature as a provider shows it."""

    standing: Standing
    carriers: tuple[str, ...] = ()
    """The carriers that have not taken it yet, where the provider says so."""


class TemplateSeen(NamedTuple):
    """A template as a provider shows it."""

    standing: Standing
    words: str | None = None


class AccessRefusedError(GatewayError):
    """The provider did not take our credentials, or not from here."""

    def __init__(self, code: str) -> None:
        """Keep the provider's code."""
        super().__init__(code)
        self.code = code


@runtime_checkable
class ShowsRegistrations(Protocol):
    """A provider that can be asked what is registered with it."""

    async def see_signature(self, signature: str) -> SignatureSeen:
        """A signature. Raises AccessRefusedError, LookupFailedError."""
        ...

    async def see_template(self, code: str) -> TemplateSeen:
        """A template. Raises AccessRefusedError, LookupFailedError."""
        ...


class Kept(NamedTuple):
    """A template as it is kept here."""

    code: str
    key: str
    words: str


async def check_registered(
    provider: ShowsRegistrations, signatures: Sequence[str], templates: Sequence[Kept]
) -> list[Finding]:
    """Credentials, then every signature, then every template that texts go out with."""
    findings: list[Finding] = []
    try:
        for signature in signatures:
            findings += _of_signature(signature, await provider.see_signature(signature))
        for one in templates:
            findings.append(_of_template(one, await provider.see_template(one.code)))
    except AccessRefusedError as error:
        mend = "Copy the key's id and secret from the console; its right must cover the SMS API."
        return [wrong("credentials", f"the provider refuses them ({error.code})", mend)]
    except GatewayError as error:
        failed = wrong("provider", f"could not be asked ({type(error).__name__})", "Try again.")
        return [*findings, failed]
    known = [right("credentials", "the provider takes them")] if signatures or templates else []
    return [*known, *findings]


def _of_signature(signature: str, seen: SignatureSeen) -> list[Finding]:
    about = f"signature {signature}"
    match seen.standing:
        case Standing.approved if seen.carriers:
            said = f"approved, and not yet taken by every carrier ({', '.join(seen.carriers)})"
            mend = "Wait, or ask the provider: a carrier that lacks it refuses texts after OK."
            return [wrong(about, said, mend)]
        case Standing.approved:
            return [right(about, "is approved")]
        case Standing.waiting:
            mend = "Wait: 5 to 10 working days are usual."
            return [wrong(about, "is being examined, and nothing goes out under it", mend)]
        case Standing.refused:
            mend = "The console says why; hand it in again."
            return [wrong(about, "was not approved, or lapsed", mend)]
        case Standing.absent:
            mend = "Hand it in at the console, or add the sender under its right name."
            return [wrong(about, "is not known to this account", mend)]


def _of_template(kept: Kept, seen: TemplateSeen) -> Finding:
    about = f"template {kept.code} ({kept.key})"
    match seen.standing:
        case Standing.approved if seen.words is not None and _bare(seen.words) != _bare(kept.words):
            said = "is approved with other words than are kept here"
            mend = "Load it anew: pro-service sender templates load."
            return wrong(about, said, mend)
        case Standing.approved:
            return right(about, "is approved")
        case Standing.waiting:
            return wrong(about, "is being examined", "Wait: a working day is usual.")
        case Standing.refused:
            mend = "The console says why; word it anew and load its new code."
            return wrong(about, "was not approved", mend)
        case Standing.absent:
            return wrong(about, "is not known to this account", "Mend its code, and load it anew.")


def _bare(words: str) -> str:
    """A template without how its values are named, which differs between providers."""
    return _BLANK.sub("{}", "".join(words.split()))


def check_reach(
    provider: str, enrolled: Mapping[str, int], rules: Mapping[str, ChannelRule]
) -> list[Finding]:
    """To how many of the enrolled the provider may write, by the country of their numbers."""
    return [
        right(f"country {code} ({enrolled[code]} enrolled)", f"{provider} may write there")
        if rules[code].one_way and rules[code].per_day
        else note(
            f"country {code} ({enrolled[code]} enrolled)",
            f"{provider} writes to nobody there: another sender does, or somebody calls",
        )
        for code in sorted(enrolled)
    ]


def check_public_url(public_url: str, whom: str = "the provider") -> Finding:
    """Whether `whom` and participants can use the address at all."""
    parts = urlsplit(public_url)
    if _is_private(parts.hostname or ""):
        said = f"{public_url} is no address {whom} can reach"
        return wrong("PRO_PUBLIC_URL", said, "Set it to the public https address of the proxy.")
    if parts.scheme != "https":
        said = f"{public_url} is not https: answers and links would travel in the clear"
        return wrong("PRO_PUBLIC_URL", said, "Set it to the public https address of the proxy.")
    return right("PRO_PUBLIC_URL", f"{public_url} is https")


def _is_private(host: str) -> bool:
    if host in ("", "localhost") or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host


def check_health(public_url: str, failure: str | None) -> Finding:
    """Whether our own /healthz is what the public address answers; `failure` says what else was."""
    about = f"{public_url.rstrip('/')}/healthz"
    if failure is None:
        return right(about, "answers")
    mend = (
        "Start `pro-service serve`, and let the proxy pass path and query unchanged to it"
        " (PRO_HOST, PRO_PORT)."
    )
    return wrong(about, failure, mend)


async def ask_health(public_url: str) -> str | None:
    """What is wrong with the answer of `<public>/healthz`; None if it is ours."""
    address = f"{public_url.rstrip('/')}/healthz"
    try:
        async with (
            asyncio.timeout(BOUND_SECONDS),
            aiohttp.ClientSession() as session,
            session.get(address, allow_redirects=False) as response,
        ):
            if response.status != 200:
                return f"answers {response.status}"
            document = await response.json(content_type=None)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return f"does not answer ({type(error).__name__})"
    except ValueError:
        document = None
    return None if document == {"status": "ok"} else "is answered by something else"


def all_right(findings: Sequence[Finding]) -> bool:
    """Whether nothing is to be mended."""
    return all(one.level != "wrong" for one in findings)


def not_chosen(provider: str, in_use: str) -> Finding:
    """The provider is not among those in use."""
    setting = "PRO_GATEWAYS" if "," in in_use else "PRO_GATEWAY"
    mend = f"Name {provider} in PRO_GATEWAY or PRO_GATEWAYS where it serves and works."
    return wrong(setting, f"is {in_use}", mend)


def unset_credentials(said: str, mend: str | None) -> Finding:
    """A setting of the account is missing."""
    return wrong("credentials", said.rstrip("."), mend or "Set it.")


def no_sender(provider: str, example: str) -> Finding:
    """No site has an address of this provider."""
    mend = f"Give a site one: pro-service sender add {example} --provider {provider} --site ..."
    return wrong("sender", "the study has none of this provider", mend)


def sender_elsewhere(address: str, provider: str, here: str) -> Finding:
    """One of the study's addresses belongs to a provider that is not in use."""
    return wrong(
        f"sender {address}",
        f"belongs to {provider}, so that its texts get no answer here",
        f"Name {provider} in PRO_GATEWAYS, or: pro-service sender move {address} --to {here}"
        " --reason ...",
    )


def right(about: str, said: str) -> Finding:
    """Nothing to mend."""
    return Finding(level="ok", about=about, said=said)


def note(about: str, said: str) -> Finding:
    """Nothing to mend that can be seen from here."""
    return Finding(level="note", about=about, said=said)


def wrong(about: str, said: str, mend: str) -> Finding:
    """Something to mend, and how."""
    return Finding(level="wrong", about=about, said=said, mend=mend)
