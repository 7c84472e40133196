"""Who else has a number that is typed for somebody: asked as enrolment asks it."""

from __future__ import annotations

from pro_service.services.desk.actions import Hands
from pro_service.services.desk.person.enrolling import fence_of
from pro_service.services.texting import indexes_of
from pro_service.store.texting.numbers import list_users_of_numbers


async def others_with(hands: Hands, code: str, number: str) -> tuple[str, ...]:
    """The codes of everybody else who uses a number (E.164); none who is not seen is named."""
    fence = await fence_of(hands)
    indexes = sorted(indexes_of(hands.context, number))
    users = await list_users_of_numbers(hands.clerk, hands.seat.study_id, indexes)
    named = [one.code for one in users if one.code != code and not one.restricted]
    return tuple(dict.fromkeys(fence.named(one) for one in named))
