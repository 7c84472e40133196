"""What a channel can do in a country through a provider: open data and its look-up.

Unknown means the safest answer: nothing is sent and somebody calls. A study adds rows for its
own countries after reading the provider's current rules for them; rows here are what the
provider's documentation said when they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from pro_service.domain.record import Record

AskingWay = Literal["link", "text", "code", "call"]
"""How a participant is reached to be asked."""
ANY: Final = "*"


class ChannelRule(Record):
    """What one channel may be used for. `country` is ISO 3166 alpha-2, or `*` for any other."""

    channel: str
    provider: str
    country: str
    one_way: bool
    """A text can be sent to participants there at all."""
    two_way: bool
    """A participant's reply reaches us."""
    links: bool
    """A text may carry a link."""
    template_registered: bool
    """Every text must be a template registered with the provider beforehand."""
    per_day: int
    """How many reminder texts a number may get on one local day."""


def _rule(provider: str, country: str, *, two_way: bool, per_day: int) -> ChannelRule:
    """A text-message row: where replies are possible links are, and templates are not needed."""
    return ChannelRule(
        channel="sms",
        provider=provider,
        country=country,
        one_way=True,
        two_way=two_way,
        links=two_way,
        template_registered=not two_way,
        per_day=per_day,
    )


# Mainland China through Twilio: replies "No", links not allowed, templates registered, a third
# identical text of a day refused. The simulator stands in for it there, so that a demonstration
# shows what a participant in China would really get.
SHIPPED: Final[tuple[ChannelRule, ...]] = (
    _rule("twilio", "US", two_way=True, per_day=3),
    _rule("twilio", "CA", two_way=True, per_day=3),
    _rule("twilio", "GB", two_way=True, per_day=3),
    _rule("twilio", "AU", two_way=True, per_day=3),
    _rule("twilio", "CN", two_way=False, per_day=2),
    _rule("simulator", "CN", two_way=False, per_day=2),
    _rule("simulator", ANY, two_way=True, per_day=3),
)


class ChannelRules:
    """The rows by (channel, provider, country); a later row replaces an earlier one."""

    def __init__(self, rules: Iterable[ChannelRule] = SHIPPED) -> None:
        """Index the rows."""
        self._rules = {(rule.channel, rule.provider, rule.country): rule for rule in rules}

    def rule_for(self, channel: str, provider: str, country: str) -> ChannelRule:
        """The row for a country, else the provider's row for any country, else the safest."""
        exact = self._rules.get((channel, provider, country.upper()))
        return (
            exact or self._rules.get((channel, provider, ANY)) or safest(channel, provider, country)
        )


def safest(channel: str, provider: str, country: str) -> ChannelRule:
    """What holds where nothing is known: send nothing."""
    return ChannelRule(
        channel=channel,
        provider=provider,
        country=country.upper(),
        one_way=False,
        two_way=False,
        links=False,
        template_registered=True,
        per_day=0,
    )


def how_to_ask(rule: ChannelRule, preferred: Literal["link", "text"]) -> AskingWay:
    """The way to ask a participant: as preferred if the channel allows it, else the other way.

    `code` is a text that names a fixed address and the participant's own code; `call` means that
    nothing can be sent and a coordinator telephones.
    """
    if not rule.one_way or rule.per_day < 1:
        return "call"
    possible: dict[AskingWay, bool] = {"link": rule.links, "text": rule.two_way}
    if possible[preferred]:
        return preferred
    other: AskingWay = "text" if preferred == "link" else "link"
    return other if possible[other] else "code"
