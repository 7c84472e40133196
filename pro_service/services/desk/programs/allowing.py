"""An administrator allows a program exports when its key is made: it can prove nothing anew."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.seat import NotAllowedError, Seat, said
from pro_service.services.study import Allowance
from pro_service.store.connection import Connection
from pro_service.store.study.studies import list_sites


async def allow_exports(
    connection: Connection, study_id: UUID, seat: Seat, reason: str
) -> Allowance:
    """What whoever has just proved who they are allows. Raises NotAllowedError, ReasonMissingError.

    One file may hold every site, so it takes an administrator of every site.
    """
    sites = await list_sites(connection, study_id)
    # Of a study without a site nobody administers every one.
    every = bool(sites) and all(seat.may(Action.keep_staff, one.id) for one in sites)
    if seat.study_id != study_id or not every:
        raise NotAllowedError(
            "Exports by programs are allowed by an administrator of every site of the study.",
            mend="Name one by --by: pro-service staff list says who is.",
        )
    return Allowance(seat.actor, said(reason))
