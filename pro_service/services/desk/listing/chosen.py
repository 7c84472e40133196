"""Chosen participants together: what is due asked now, one by one under the single action's rules.

Each is a turn of its own, so that one who may not be asked holds nobody else back, and nobody is
asked twice by one form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.reaching.asked_now import AskingNow, plan_asking_now
from pro_service.services.base.turns import Who
from pro_service.services.cards import Card, card_of, record_showing, renew_card
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.listing.grid import GridQuery, sought_by
from pro_service.services.desk.person.staff_turns import find_turn
from pro_service.services.desk.seat import NotHereError, at_desk
from pro_service.services.visits import ask_now
from pro_service.store.cards import cards as card_store
from pro_service.store.cards.cards import ShownTo
from pro_service.store.desk import desk as store
from pro_service.store.desk import people
from pro_service.store.desk.people import Slice

MOST_CHOSEN: Final = 100
"""Participants that are acted for at once."""


class TooManyChosenError(ProServiceError):
    """More participants were chosen than are acted for at once."""


class NobodyChosenError(ProServiceError):
    """Nobody was chosen."""


class Asked(NamedTuple):
    """What asking one of the chosen comes to."""

    code: str
    plan: AskingNow | None
    """When the text goes; None: it does not, or a copy of the form asked already."""
    zone: str | None
    """The participant's; None where they were not found here."""
    error: ProServiceError | None
    """Why nothing is sent."""


async def list_found(hands: Hands, query: GridQuery) -> list[str]:
    """The codes of everybody a filter leaves. Raises TooManyChosenError, NobodyChosenError."""
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat) as connection:
        sites = await store.list_desk_sites(connection, study_id)
        sought = sought_by(query, sites, hands.context.catalogue.instruments)
        if sought is None:
            raise NobodyChosenError
        wanted = Slice(query.sort, 0, MOST_CHOSEN + 1)
        found = await people.find_people(connection, study_id, sought, wanted)
    return check_chosen([one.code for one in found])


def check_chosen(codes: Sequence[str]) -> list[str]:
    """Those chosen, each once. Raises TooManyChosenError, NobodyChosenError."""
    chosen = list(dict.fromkeys(codes))
    if not chosen:
        raise NobodyChosenError
    if len(chosen) > MOST_CHOSEN:
        raise TooManyChosenError
    return chosen


async def look_at_chosen(hands: Hands, codes: Sequence[str]) -> list[Asked]:
    """What asking each would come to; nothing is written."""
    return [await _asked(hands, code, None) for code in codes]


async def ask_chosen(hands: Hands, codes: Sequence[str], form_key: str) -> list[Asked]:
    """Ask each what is due, once for a form's key; what came of each."""
    return [await _asked(hands, code, form_key) for code in codes]


async def _asked(hands: Hands, code: str, form_key: str | None) -> Asked:
    local: str | None = None
    try:
        turn = await find_turn(hands, code, Action.ask_now)
        facts = await turn.facts()
        local = facts.zone
        if form_key is None:
            return Asked(code, plan_asking_now(facts, await turn.protocol(facts)), local, None)

        async def act(who: Who) -> AskingNow:
            return await ask_now(who, turn.actor)

        return Asked(code, await turn.once(form_key, act), local, None)
    except ProServiceError as error:
        return Asked(code, None, local, error)


async def print_chosen(hands: Hands, codes: Sequence[str], to: ShownTo) -> list[Card]:
    """The cards of those chosen, first ones made where there is none; that they were shown is kept.

    All of them or none. Raises NotHereError, NotAllowedError, KeyGoneError, BusyError.
    """
    seat, study_id = hands.seat, hands.seat.study_id
    async with at_desk(hands.desk, seat) as connection:
        holders = await card_store.list_card_holders(connection, study_id, codes=codes)
        if {one.code for one in holders} != set(codes):
            raise NotHereError
        for one in holders:
            seat.demand(Action.print_card, one.site_id)
        bare = [one for one in holders if one.card_id is None]
        for one in bare:
            seat.demand(Action.renew_card, one.site_id)
            await renew_card(
                connection, hands.context, study_id, one.code, actor=seat.actor, words=None
            )
        if bare:
            holders = await card_store.list_card_holders(connection, study_id, codes=codes)
        await record_showing(connection, study_id, holders, to)
    known = {one.code: one for one in holders}
    return [card_of(hands.context, known[code]) for code in codes]
