"""`/desk/rota`: who is told at each site, what stands in the rota, and when nobody is told."""

from __future__ import annotations

from aiohttp import web

from pro_service.domain.study.duty import EntryKind
from pro_service.domain.study.permissions import Action
from pro_service.services.desk import rota as service
from pro_service.services.desk.seat import NotHereError, Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.services.study import read_rotas
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of, id_in
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.rota.said import rota_values
from pro_service.web.keys import POOLS

ROOM = "/desk/rota"


async def _show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/rota` and `/desk/rota/{code}`: every site in short, or one site's rota."""
    code = request.match_info.get("code")
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        rotas = await read_rotas(connection, seat.study_id)
        frame = await read_frame(connection, seat.study_id)
    if code is not None:
        rotas = [one for one in rotas if one.row.code == code]
        if not rotas:
            raise NotHereError
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    sites = [rota_values(words, seat, one) for one in rotas]
    return desk.render(
        "rota.html",
        request,
        seat,
        frame=frame,
        sites=sites,
        whole=len(sites) == 1,
        crumb=code is not None and len(frame.sites) > 1,
        kinds=[one.value for one in EntryKind],
    )


show = for_staff(_show, Action.see_participants)


async def end(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/rota/entries/{id}/end`: take something out from now on."""
    code = await service.take_from_rota(hands_of(request, seat), id_in(request))
    return done(seat, f"{ROOM}/{code}", "rota_ended", code=code)
