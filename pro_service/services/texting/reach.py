"""How a participant can be reached: what the channel to their number allows."""

from __future__ import annotations

from pro_service.domain.delivery.channels import AskingWay, ChannelRule, ChannelRules, how_to_ask
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import country_of
from pro_service.services.texting.composing import open_number

_CHANNELS = ChannelRules()


def rule_for_number(context: ServiceContext, number: str) -> ChannelRule:
    """What the provider in use may do for a number's country."""
    return _CHANNELS.rule_for("sms", context.provider, country_of(number))


def way_to(rule: ChannelRule, facts: ParticipantFacts) -> AskingWay:
    """How to ask a participant whose number falls under this rule."""
    return how_to_ask(rule, "link" if facts.channel == "link" else "text")


def reached_by(context: ServiceContext, facts: ParticipantFacts) -> AskingWay:
    """How to ask a participant; `call` for one without a number."""
    number = open_number(context, facts)
    return "call" if number is None else way_to(rule_for_number(context, number), facts)


def ways_to(context: ServiceContext, facts: ParticipantFacts) -> tuple[AskingWay, ...]:
    """The ways a participant could choose from: by text, by link; or the only one there is."""
    number = open_number(context, facts)
    if number is None:
        return ("call",)
    rule = rule_for_number(context, number)
    possible: list[AskingWay] = []
    if rule.one_way and rule.per_day:
        possible += ["text"] if rule.two_way else []
        possible += ["link"] if rule.links else []
    return tuple(possible) or (way_to(rule, facts),)
