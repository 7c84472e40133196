"""Which of our addresses a text goes out from: each belongs to one provider for good.

Pure. A site has one sender a provider at most (its own, else the study's, else one shared with
another site), nearest first. Which of them speaks to a number, its country and the consent decide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.channels import ChannelRule, ChannelRules, safest
from pro_service.domain.record import Record

SMS: Final = "sms"
EMAIL: Final = "email"
CHANNEL_OF: Final[dict[Kind, str]] = {"phone": SMS, "email": EMAIL}
"""By which channel an address of a kind is written to."""


_POOL: Final = re.compile("MG[0-9a-f]{32}")
"""A Messaging Service of Twilio's: its texts come from whichever of its numbers fits."""


class SenderFacts(Record):
    """One of our addresses, through which texts may go out now."""

    id: UUID
    provider: str
    address: str


class NoWay(StrEnum):
    """Why no text goes to a number; the words are those of reasons why reminders end."""

    no_channel = "no_channel"
    """No sender of the site may write to that country."""
    no_cross_border = "no_cross_border"
    """Only a provider abroad could, and the participant has not agreed to that."""
    no_registration = "no_registration"
    """Only registered texts go there, and none stands for what is to be said."""
    provider_gone = "provider_gone"
    """The site's sender belongs to a provider that is not set up here."""


OF_THE_OPERATOR: Final = frozenset({NoWay.no_registration, NoWay.provider_gone})
"""What one setting or one registration mends for everybody: nobody is called for it alone (R23)."""


class Outlet(NamedTuple):
    """How a number is written to: from where, by which rule; or why not."""

    sender: SenderFacts | None
    rule: ChannelRule
    """What would hold, even where nothing may go: it says how somebody may answer."""
    why_not: NoWay | None


def outlet_to(
    senders: Sequence[SenderFacts],
    country: str,
    rules: ChannelRules,
    providers: Collection[str],
    *,
    cross_border: bool,
    channel: str = SMS,
) -> Outlet:
    """Choose the sender for an address in `country`; `providers` are those in use here.

    One at home in the country is preferred, then the nearest. What belongs to a provider that is
    not in use is never written to from another.
    """
    carrying = [one for one in senders if rules.channel_of(one.provider) == channel]
    if not carrying:
        usual = [rules.rule_for(channel, name, country) for name in providers]
        rule = next((one for one in usual if _may_write(one)), safest(channel, "", country))
        return Outlet(None, rule, NoWay.no_channel)
    known = [(one, rules.rule_for(channel, one.provider, country)) for one in carrying]
    present = [(one, rule) for one, rule in known if one.provider in providers]
    if not present:
        return Outlet(None, known[0][1], NoWay.provider_gone)
    able = [(one, rule) for one, rule in present if _may_write(rule)]
    if not able:
        return Outlet(*present[0], NoWay.no_channel)
    agreed = [
        (one, rule)
        for one, rule in able
        if cross_border or not rules.needs_consent(one.provider, country)
    ]
    if not agreed:
        return Outlet(*able[0], NoWay.no_cross_border)
    return Outlet(*min(agreed, key=lambda two: rules.is_foreign(two[0].provider, country)), None)


def as_shown(address: str) -> str | None:
    """Our address as a telephone shows it above a text; None where it shows a number of a pool."""
    if _POOL.fullmatch(address):
        return None
    return address if address.startswith("+") else f"【{address}】"


def _may_write(rule: ChannelRule) -> bool:
    return rule.one_way and rule.per_day > 0
