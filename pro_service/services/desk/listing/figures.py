"""The two adherence figures of everybody the desk sees, counted in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Words
from pro_service.domain.study.adherence import Adherence
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.listing.grid import items_of, read_definitions
from pro_service.store.connection import Connection
from pro_service.store.desk import desk as store
from pro_service.store.desk import people


class Figures(NamedTuple):
    """Both figures of every visit at every site seen from here."""

    definitions: Mapping[str, Words]
    figures: Sequence[Adherence]
    """By visit in the protocol's order, then site."""
    unknown: int
    """Participants who are not counted yet."""


async def read_figures(
    connection: Connection, context: ServiceContext, study_id: UUID, site: str | None = None
) -> Figures:
    """Count what both figures are made of: at every site seen from here, or at one by its code."""
    sites = {one.id: one.code for one in await store.list_desk_sites(connection, study_id)}
    definitions = await read_definitions(connection, context, study_id)
    place = next((one for one, code in sites.items() if code == site), None)
    if site is not None and place is None:
        return Figures(definitions, (), 0)
    items = items_of(context.catalogue.instruments)
    rows = await people.count_figures(connection, study_id, place, items)
    enrolled = {sites[one.site_id]: one.enrolled for one in rows if one.definition is None}
    counts = {(one.definition, sites[one.site_id]): one for one in rows}
    found = []
    for definition in definitions:
        for code, number in sorted(enrolled.items()):
            one = counts.get((definition, code))
            found.append(
                Adherence(
                    definition=definition,
                    site=code,
                    completed_in_window=0 if one is None else one.completed_in_window,
                    helped=0 if one is None else one.helped,
                    expected_and_closed=0 if one is None else one.expected_and_closed,
                    unsent=0 if one is None else one.unsent,
                    scorable=0 if one is None else one.scorable,
                    enrolled=number or 0,
                )
            )
    return Figures(definitions, tuple(found), rows[0].unknown if rows else 0)
