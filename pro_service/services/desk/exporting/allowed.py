"""What of a study may leave by a member of staff: decided by roles, sites and protocols (R6, R19).

One file holds one set of tables of one set of sites. So a table leaves only where it may be seen at
each of these sites, by each version of the protocol that somebody there may follow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.seat import Place
from pro_service.services.desk.today import list_sites, read_protocols
from pro_service.services.exports import ANSWERED, EVERY_TABLE, FREE_TEXT, MEASURED, words_may_leave
from pro_service.services.measuring import may_see_measures, may_see_together
from pro_service.store.connection import Connection

STACKED: Final = frozenset({"adpro"})
"""Tables that stack what else is in the file, and so hide nothing by themselves."""


class Allowed(NamedTuple):
    """What may leave."""

    sites: frozenset[str]
    """Codes of the sites whose participants are in it."""
    tables: frozenset[str]
    together: bool
    """Whether answers and measures may stand in one file, once the protocol's instant has come."""

    def refuses(self, tables: Collection[str]) -> bool:
        """Whether these tables would set answers and measures beside each other too widely."""
        both = not (MEASURED.isdisjoint(tables) or ANSWERED.isdisjoint(tables))
        return both and not self.together


def what_may_leave(
    protocols: Collection[Protocol], roles: Mapping[str, Collection[str]]
) -> Allowed:
    """For whoever holds these roles at the sites of these codes, which exports are theirs from."""
    pairs = [(protocol, held) for protocol in protocols for held in roles.values()]
    answers = bool(pairs) and all(
        not set(protocol.study.scores_visible_to).isdisjoint(held) for protocol, held in pairs
    )
    # By a version without measures nothing is measured: it hides none.
    measured = [pair for pair in pairs if pair[0].coming.measures is not None]
    measures = bool(measured) and all(may_see_measures(*pair) for pair in measured)
    hidden = frozenset[str]()
    if not answers:
        hidden |= ANSWERED
    if not measures:
        hidden |= MEASURED
    if not (answers or measures):
        hidden |= STACKED
    together = measures and all(may_see_together(*pair, reads_locked=True) for pair in measured)
    # Words may tell answers and values alike: they are for who may see both beside each other. Who
    # knows the allocation is not asked: why somebody was unblinded is never among the words, and
    # that an arm may be named all the same is what a protocol accepts that lets them leave.
    words = words_may_leave(protocols, roles.values())
    if not (words and answers and (together or not measured)):
        hidden |= {FREE_TEXT}
    return Allowed(frozenset(roles), frozenset(EVERY_TABLE) - hidden, together)


async def read_allowed(connection: Connection, context: ServiceContext, place: Place) -> Allowed:
    """What may leave by a member of staff now; `connection` is in a transaction of theirs."""
    study_id = place.study_id
    codes: dict[UUID, str] = {one.id: one.code for one in await list_sites(connection, study_id)}
    roles = {
        code: {str(one.role) for one in place.assignments if one.site_id == site_id}
        for site_id, code in codes.items()
        if place.may(Action.export_data, site_id)
    }
    protocols = await read_protocols(connection, context, study_id)
    return what_may_leave(list(protocols.values()), roles)
