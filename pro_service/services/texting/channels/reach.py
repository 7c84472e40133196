"""How a participant can be reached: which sender writes to their number, and what it may do."""

from __future__ import annotations

from pro_service.domain.delivery.addresses import address_of
from pro_service.domain.delivery.channels import AskingWay, ChannelRule, how_to_ask
from pro_service.domain.delivery.senders import CHANNEL_OF, SMS, Outlet, SenderFacts, outlet_to
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import country_of
from pro_service.services.texting.composing import open_number


def outlet_for(context: ServiceContext, facts: ParticipantFacts, number: str) -> Outlet:
    """Which sender of the participant's site writes to an address, by which rule; or why none."""
    return outlet_to(
        facts.site.senders,
        _country(facts, number),
        context.channels,
        context.gateways.names,
        cross_border=facts.consent is not None and facts.consent.cross_border,
        channel=CHANNEL_OF[address_of(number).kind],
    )


def _country(facts: ParticipantFacts, address: str) -> str:
    """Where an address is: a number tells, for an e-mail address it is where the site is."""
    return facts.site.country if "@" in address else country_of(address)


def needs_registration(context: ServiceContext, provider: str, number: str) -> bool:
    """Whether a provider takes nothing for a number but what was registered with it beforehand."""
    if "@" in number:
        return False
    return context.channels.rule_for(SMS, provider, country_of(number)).template_registered


def may_leave(context: ServiceContext, facts: ParticipantFacts, provider: str, number: str) -> bool:
    """Whether a provider may be told of a number: it is at home there, or its export agreed to."""
    consent = facts.consent
    agreed = consent is not None and consent.cross_border
    return agreed or not context.channels.needs_consent(provider, _country(facts, number))


def usual_sender(context: ServiceContext, facts: ParticipantFacts) -> SenderFacts | None:
    """Our address that speaks for the participant's site, whoever is written to; None: none does.

    Of a provider that is in use here, where there is one.
    """
    senders = [
        one for one in facts.site.senders if context.channels.channel_of(one.provider) == SMS
    ]
    present = [one for one in senders if one.provider in context.gateways.names]
    return next(iter([*present, *senders]), None)


def way_to(rule: ChannelRule, facts: ParticipantFacts) -> AskingWay:
    """How to ask a participant whose number falls under this rule."""
    return how_to_ask(rule, "link" if facts.channel == "link" else "text")


def reached_by(context: ServiceContext, facts: ParticipantFacts) -> AskingWay:
    """How to ask a participant; `call` for one without a number."""
    number = open_number(context, facts)
    return "call" if number is None else way_to(outlet_for(context, facts, number).rule, facts)


def ways_to(context: ServiceContext, facts: ParticipantFacts) -> tuple[AskingWay, ...]:
    """The ways a participant could choose from: by text, by link; or the only one there is."""
    number = open_number(context, facts)
    if number is None:
        return ("call",)
    rule = outlet_for(context, facts, number).rule
    possible: list[AskingWay] = []
    if rule.one_way and rule.per_day and not rule.template_registered:
        possible += ["text"] if rule.two_way else []
        possible += ["link"] if rule.links else []
    return tuple(possible) or (way_to(rule, facts),)
