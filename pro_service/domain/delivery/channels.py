"""What a channel can do in a country through a provider: open data and its look-up.

The rows come from a file that ships with the service (`catalog/channels`) and from one of the
operator's own, each with where it was read and when. Unknown means the safest answer: nothing is
sent and somebody calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

from pro_service.domain.record import Record

AskingWay = Literal["link", "text", "code", "call"]
"""How a participant is reached to be asked."""
ANY: Final = "*"
BLANK: Final = "{NAME}"


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
    source: str = ""
    """Where this was read."""
    read_on: date | None = None
    """When it was; None: nothing is known."""


class ProviderRule(Record):
    """What holds for a provider wherever it sends. `country` is where it keeps numbers and texts.

    `*` is a provider that is at home everywhere: what it is given leaves no country.
    """

    name: str
    country: str
    channel: str = "sms"
    """What it carries: texts, or e-mail (`email`)."""
    signs: bool = False
    """Its senders are registered signatures, and no numbers."""
    blank: str = BLANK
    """How a template handed in for approval writes a value: by its NAME, or its NUMBER from 1."""
    source: str
    read_on: date


class CountryRule(Record):
    """What a country asks of every provider."""

    country: str
    cross_border_consent: bool = False
    """A provider of another country gets nothing about whoever has not agreed to that."""
    refused: tuple[str, ...] = ()
    """Words for which a template is not approved there."""
    source: str
    read_on: date


class ChannelRules:
    """The rows by (channel, provider, country); a later row replaces an earlier one."""

    def __init__(
        self,
        rules: Iterable[ChannelRule] = (),
        providers: Iterable[ProviderRule] = (),
        countries: Iterable[CountryRule] = (),
    ) -> None:
        """Index the rows."""
        self._rules = {(rule.channel, rule.provider, rule.country): rule for rule in rules}
        self._providers = {one.name: one for one in providers}
        self._countries = {one.country: one for one in countries}

    def rule_for(self, channel: str, provider: str, country: str) -> ChannelRule:
        """The row for a country, else the provider's row for any country, else the safest."""
        exact = self._rules.get((channel, provider, country.upper()))
        return (
            exact or self._rules.get((channel, provider, ANY)) or safest(channel, provider, country)
        )

    def is_foreign(self, provider: str, country: str) -> bool:
        """Whether what the provider is told of somebody there leaves that country.

        A provider nothing is known of is foreign everywhere.
        """
        known = self._providers.get(provider)
        return known is None or known.country not in (ANY, country.upper())

    def channel_of(self, provider: str) -> str:
        """The channel of a provider; texts, where nothing is known of it."""
        known = self._providers.get(provider)
        return "sms" if known is None else known.channel

    def signs(self, provider: str) -> bool:
        """Whether a sender of the provider is a registered signature."""
        known = self._providers.get(provider)
        return known is not None and known.signs

    def needs_consent(self, provider: str, country: str) -> bool:
        """Whether the provider gets a number of that country only with consent to its export."""
        rule = self._countries.get(country.upper())
        asked = rule is not None and rule.cross_border_consent
        return asked and self.is_foreign(provider, country)

    def refused_words(self, provider: str, text: str) -> list[str]:
        """The words for which a template may not be approved where a provider registers them."""
        there = {
            one.country
            for one in self._rules.values()
            if one.provider == provider and one.template_registered
        }
        each = [
            word
            for one in sorted(there & self._countries.keys())
            for word in self._countries[one].refused
        ]
        return [word for word in dict.fromkeys(each) if word in text]

    def blank(self, provider: str, name: str, number: int) -> str:
        """How the provider wants a value of a template named; `number` counts from 1."""
        known = self._providers.get(provider)
        pattern = BLANK if known is None else known.blank
        return pattern.replace("NAME", name).replace("NUMBER", str(number))


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

    `code` is a text that names a fixed address and the participant's own code, all that a
    registered template can ask for; `call` means that
    nothing can be sent and a coordinator telephones.
    """
    if not rule.one_way or rule.per_day < 1:
        return "call"
    if rule.template_registered:
        return "code"
    possible: dict[AskingWay, bool] = {"link": rule.links, "text": rule.two_way}
    if possible[preferred]:
        return preferred
    other: AskingWay = "text" if preferred == "link" else "link"
    return other if possible[other] else "code"
