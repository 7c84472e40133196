"""A table that leaves the desk as a file: the record says who took it, and then it goes out."""

from __future__ import annotations

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.seat import NotAllowedError, Seat, at_desk
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.web.keys import POOLS


async def csv_file(
    request: web.Request, seat: Seat, name: str, body: bytes, taken: TakenOut
) -> web.Response:
    """The answer that brings the file `name`; not before it is kept that it was taken out.

    Raises NotAllowedError for a table about participants and a seat that sees none.
    """
    if taken.what != "reads" and not seat.may_anywhere(Action.see_participants):
        raise NotAllowedError
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        await insert_data_out(connection, seat.study_id, taken)
    return web.Response(
        body=body,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
