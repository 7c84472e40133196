"""The reminder of what is answered and was never sent: it asks for that, and for no answer."""

from __future__ import annotations

from typing import NamedTuple

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.delivery.channels import AskingWay, ChannelRule


class UnsentText(NamedTuple):
    """What such a reminder says, and whether it names the page on which to send, too."""

    parts: tuple[TextPart, ...]
    names_link: bool


def unsent_text(rule: ChannelRule, way: AskingWay, *, has_page: bool) -> UnsentText:
    """How to send, by every way there is: a word, a page, or else the card.

    `has_page`: some of it may be answered on a page, so a link to it leads somewhere.
    """
    if way == "code":
        return UnsentText((TextPart(key="reminder.card_unsent"),), names_link=False)
    linked = rule.links and has_page
    if not rule.two_way:
        return UnsentText((TextPart(key="reminder.unsent_link"),), names_link=True)
    parts = [TextPart(key="reminder.unsent")]
    if linked:
        parts.append(TextPart(key="reminder.unsent_page"))
    return UnsentText(tuple(parts), names_link=linked)
