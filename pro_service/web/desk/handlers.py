"""One participant's page, and the forms of several rooms.

GET changes nothing in the record; every POST ends in a redirect that says what was done.
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pro_service.domain.study.times import zone
from pro_service.services.desk import actions
from pro_service.services.desk.charting.course import derive_courses, read_rules
from pro_service.services.desk.charting.measured import roles_at
from pro_service.services.desk.entering import EntryRights
from pro_service.services.desk.person.staff_turns import find_facts_to_act
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.signing import read_bound
from pro_service.services.desk.texts import read_conversation
from pro_service.services.desk.timeline import derive_timeline, read_timeline
from pro_service.services.desk.today import read_frame
from pro_service.services.measuring import may_see_measures
from pro_service.store.desk.joining import list_telephones
from pro_service.web.desk.charting.course import course_in_short
from pro_service.web.desk.consenting.said import consent_values
from pro_service.web.desk.conversation.thread import thread_values
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of, id_in, way_back
from pro_service.web.desk.live.events import lively
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.pausing import pause_values
from pro_service.web.desk.person.head import Head, masks_of
from pro_service.web.desk.record.queries import of_one_values, read_of_one
from pro_service.web.desk.signing.shown import bound_values
from pro_service.web.desk.timeline import name_entries, timeline_values
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import read_form


@for_staff
async def show_participant(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}`: one participant's timeline, or the page for nothing here."""
    context, code = request.app[CONTEXT], request.match_info["code"]
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, context, seat.study_id, code)
        frame = await read_frame(connection, seat.study_id)
        telephones = await list_telephones(connection, seat.study_id, facts.document.id)
        of_record = await read_of_one(connection, seat.study_id, facts.document.id)
        said = await read_conversation(connection, context, seat.study_id, [facts.document.id])
        hands, now = hands_of(request, seat), facts.document.now
        bound = await read_bound(hands, connection, facts.document.id, now)
        rules = await read_rules(connection, context, seat.study_id, now)
    timeline = derive_timeline(context, facts)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    # A former site reads its own period and acts no more.
    place = next((one.site_id for one in timeline.document.placings if one.valid_to is None), None)
    values = timeline_values(words, timeline, seat.actor)
    pause = pause_values(words, timeline, place, seat)
    acted_for = await find_facts_to_act(hands, code)
    person = Head(words, timeline, acted_for, telephones)
    head = person.values(
        seat, place, masks_of(context, None if timeline.document.restricted else acted_for)
    )
    rights = EntryRights(seat, frame.duties)
    name_entries(values, person.entries(rights, place))
    values["may_enter"], values["erased"] = person.may_enter(rights, place), person.erased
    thread = thread_values(words, said, zone(timeline.site.zone))
    values["bound"] = bound_values(words, timeline, bound)
    values |= {"frame": frame, "place": place, "pause": pause, "thread": thread, "head": head}
    values |= of_one_values(words, timeline, of_record, seat)
    values["restricted"] = timeline.document.restricted
    values["about"] = timeline.document.id
    values["consent"] = consent_values(words, timeline)
    courses = derive_courses(context.catalogue.instruments, timeline, rules)
    values["course"] = course_in_short(words, timeline, courses)
    values["sees_measures"] = may_see_measures(timeline.protocol, roles_at(seat, place))
    return lively(desk.render("participant.html", request, seat, **values))


async def deal_with_message(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/messages/{id}/dealt`: what was done about a text of unknown fate."""
    form = await read_form(request)
    note = str(form.get("note", ""))
    place = await actions.deal_with_message(hands_of(request, seat), id_in(request), note)
    return done(seat, way_back(form), "message_dealt", code=place.code)


@for_staff
async def not_there(request: web.Request, seat: Seat) -> web.Response:
    """Every other address: the same page as for another site's participant."""
    return request.app[DESK].failure(request, seat, HTTPStatus.NOT_FOUND)


async def get_static(request: web.Request) -> web.Response:
    """`GET /desk/static/{name}`: the style sheet."""
    return request.app[DESK].file(request)
