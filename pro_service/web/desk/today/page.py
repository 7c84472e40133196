"""What must be done now, most urgent first."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk import today as service
from pro_service.services.desk.entering import EntryRights
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import read_frame, read_owing, read_since, read_week
from pro_service.services.desk.today.lists import MOST_OF_A_LIST
from pro_service.services.desk.unblinding import LATELY
from pro_service.services.study import read_rotas
from pro_service.store.record.allocations import list_latest_unblindings
from pro_service.store.record.data_queries import count_queries
from pro_service.web.desk.guard import for_staff
from pro_service.web.desk.live.events import lively
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import new_form_key
from pro_service.web.desk.record.queries import unblinded_words, waiting_words
from pro_service.web.desk.rota.said import duty_rows
from pro_service.web.desk.today.rows import held_words, today_values
from pro_service.web.desk.today.said import clock
from pro_service.web.desk.today.week import MOST_BESIDE, beside_values
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import see


@for_staff
async def show_today(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk`: what must be done now."""
    if seat.may_anywhere(Action.keep_staff) and not seat.may_anywhere(Action.see_participants):
        return see("/desk/staff")
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        # What is read of a rota names its site: no statement of its own for the sites.
        rotas = await read_rotas(connection, study_id)
        week = await read_week(connection, context, study_id, frame.now, MOST_BESIDE)
        to_do = await service.list_to_do(connection, context, study_id, week.protocols)
        since = await read_since(connection, seat, 1)
        queries = await count_queries(connection, study_id)
        unblinded = await list_latest_unblindings(connection, study_id, LATELY, MOST_OF_A_LIST)
        sites = [one.site for one in rotas]
        owing = await read_owing(connection, study_id, frame.now, week.protocols, sites, 1)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    rights = EntryRights(seat, frame.duties)
    values: dict[str, Any] = {
        **today_values(words, sites, to_do, duty_rows(words, rotas), rights=rights),
        **beside_values(words, sites, week, since, owing),
        **clock(words, sites, frame.now),
    }
    page = desk.render(
        "today.html",
        request,
        seat,
        frame=frame,
        key=new_form_key(),
        for_operator=words.text("operator.waiting", count=frame.for_operator)
        if frame.for_operator
        else None,
        may_keep_sites=seat.may_anywhere(Action.keep_sites),
        sending_held=held_words(words, sites, frame.held_since),
        unblinded=unblinded_words(words, sites, unblinded),
        queries=waiting_words(words, seat, queries),
        no_room=bool(seat.staff.assignments) and not seat.may_anywhere(Action.see_participants),
        **values,
    )
    return lively(page)
