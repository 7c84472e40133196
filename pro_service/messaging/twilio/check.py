"""What is right and wrong about a Twilio account for this service, and what to mend. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.record import Record
from pro_service.messaging.checking import Finding, right, wrong
from pro_service.messaging.twilio import wire

INBOUND_PATH: Final = f"/hooks/{wire.NAME}/inbound"
RETRIES: Final = {"rc": "5", "rp": "all"}
"""Twilio's words for: try the webhook five times more, whatever went wrong."""
RETRY_FRAGMENT: Final = "&".join(f"{name}={value}" for name, value in RETRIES.items())


class AccountFacts(Record):
    """The account as the API shows it."""

    status: str
    type: str


class NumberFacts(Record):
    """One of the account's numbers as the API shows it."""

    number: str
    texts: bool
    """Whether it can send and receive texts."""
    webhook: str | None = None
    method: str | None = None
    application: str | None = None
    """An application that takes its texts instead of the webhook."""


class ServiceFacts(Record):
    """One of the account's Messaging Services as the API shows it."""

    webhook: str | None
    method: str | None
    by_number: bool
    """Whether texts go to each number's own webhook instead."""
    numbers: tuple[NumberFacts, ...]


def inbound_webhook(public_url: str) -> str:
    """What must stand in Twilio's console as the inbound webhook."""
    return f"{public_url.rstrip('/')}{INBOUND_PATH}#{RETRY_FRAGMENT}"


def check_account(account: AccountFacts) -> Finding:
    """Whether the account may send."""
    if account.status != "active":
        return wrong(
            "credentials",
            f"the account is {account.status}",
            "Reactivate it in Twilio's console, or use another account.",
        )
    if account.type == "Trial":
        return Finding(
            level="note",
            about="credentials",
            said="right, but a trial account: it writes to verified numbers only, and puts words of"
            " its own before every text, so that no lost text is found again in its list",
            mend="Upgrade the account before participants are enrolled.",
        )
    return right("credentials", "the account is active")


def check_number(address: str, found: NumberFacts | None, public_url: str) -> list[Finding]:
    """Whether a number is the account's, can text, and passes texts on to us."""
    about = f"sender {address}"
    if found is None:
        mend = "Buy it there, or name another with `pro-service site add --sender`."
        return [wrong(about, "is no number of this account", mend)]
    if not found.texts:
        return [wrong(about, "cannot send texts", "Use a number with the SMS capability.")]
    findings = [right(about, "belongs to the account and can send texts")]
    if found.application is not None:
        return [
            *findings,
            wrong(
                f"webhook of {address}",
                "its texts go to a TwiML application",
                f"Set the number's own messaging webhook to {inbound_webhook(public_url)} (POST).",
            ),
        ]
    webhook = check_webhook(f"webhook of {address}", found.webhook, found.method, public_url)
    return [*findings, webhook]


def check_service(address: str, found: ServiceFacts | None, public_url: str) -> list[Finding]:
    """Whether a Messaging Service is the account's, has numbers, and passes texts on to us."""
    about = f"sender {address}"
    if found is None:
        mend = "Make one in the console, or name another with `pro-service site add --sender`."
        return [wrong(about, "is no Messaging Service of this account", mend)]
    able = [one for one in found.numbers if one.texts]
    if not able:
        mend = "Add a number with the SMS capability to its sender pool."
        return [wrong(about, "has no number that can send texts", mend)]
    count = f"{len(able)} number{'s' if len(able) > 1 else ''}"
    findings = [right(about, f"belongs to the account and sends from {count}")]
    name = f"webhook of {address}"
    if found.by_number:
        return [
            *findings,
            wrong(
                name,
                "texts go to each number's own webhook",
                "In the service's integration settings choose to send a webhook, to"
                f" {inbound_webhook(public_url)}.",
            ),
        ]
    return [*findings, check_webhook(name, found.webhook, found.method, public_url)]


def check_webhook(about: str, found: str | None, method: str | None, public_url: str) -> Finding:
    """Whether inbound texts come to us, and are tried again while we are down."""
    wanted = inbound_webhook(public_url)
    mend = f"Set it to {wanted}, method POST."
    if not found:
        return wrong(about, "is not set: no reply reaches this service", mend)
    address, _, fragment = found.partition("#")
    if address != wanted.partition("#")[0]:
        return wrong(about, f"points to {address}", mend)
    if (method or "POST").upper() != "POST":
        return wrong(about, f"uses {method}", mend)
    if not RETRIES.items() <= dict(parse_qsl(fragment)).items():
        said = f"lacks #{RETRY_FRAGMENT}: a text that meets a restart is tried only once more"
        return wrong(about, said, mend)
    return right(about, "points here and is tried again while we are down")


def check_countries(
    enrolled: Mapping[str, int], rules: Mapping[str, ChannelRule], sites: Iterable[str] = ()
) -> list[Finding]:
    """Whether texts may go where the enrolled have their numbers; before enrolment, the sites."""
    if not enrolled:
        note = Finding(level="note", about="countries", said="nobody is enrolled yet")
        return [note, *(_country(code, None, rules[code]) for code in sorted(set(sites)))]
    return [_country(code, enrolled[code], rules[code]) for code in sorted(enrolled)]


def _country(code: str, people: int | None, rule: ChannelRule) -> Finding:
    about = f"country {code}" if people is None else f"country {code} ({people} enrolled)"
    if not rule.one_way:
        return wrong(
            about,
            "no rule is known, so nothing is sent there",
            "Read Twilio's guidelines for the country and add its row to the file of"
            " PRO_CHANNELS_FILE.",
        )
    lacking = [
        words
        for lacks, words in (
            (not rule.two_way, "replies do not reach us"),
            (not rule.links, "links are not allowed"),
            (rule.template_registered, "texts must be templates registered beforehand"),
        )
        if lacks
    ]
    if not rule.two_way and not rule.links:
        said = f"{', '.join(lacking)}: reminders end with a call task instead"
        return wrong(about, said, "Plan calls or printed cards for these participants.")
    said = "; ".join(["texts may go there", *lacking, f"{rule.per_day} reminders a day at most"])
    return right(about, said)


def unasked(about: str, why: str) -> Finding:
    """Something that could not be found out."""
    return wrong(about, f"could not be asked ({why})", "Try again; see status.twilio.com.")


def refused_credentials() -> Finding:
    """The API did not take the account's SID and token."""
    return wrong(
        "credentials",
        "Twilio refuses them",
        "Copy PRO_TWILIO_ACCOUNT_SID and PRO_TWILIO_AUTH_TOKEN from the console's first page.",
    )
