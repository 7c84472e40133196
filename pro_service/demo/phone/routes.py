"""The demo's own addresses: the start page, and the phone with study time beside it.

Everything works by plain forms and loading the page again; the script only spares the loading.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from pro_service.demo.doors import ADMINISTRATOR, DATA_MANAGER, LOGINS, MONITOR
from pro_service.demo.inbox import DemoInbox
from pro_service.demo.moves import MOST_DAYS, Mover
from pro_service.demo.phone import pages
from pro_service.demo.phone.pages import LANGUAGE, language_of
from pro_service.demo.phone.phones import Person, Phones
from pro_service.domain.tables.codes import TakenCodes
from pro_service.web.desk.pages import DESK
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import Form, keep_language, read_form, see
from pro_service.web.site import Site, as_page, known_language

PHONES: Final = web.AppKey("PHONES", Phones)
MOVER: Final = web.AppKey("MOVER", Mover)
INBOX: Final = web.AppKey("INBOX", DemoInbox)
PAGES: Final = web.AppKey("DEMO_PAGES", Site)
HERE: Final = "/demo/phone"
START: Final = "/"
STAFF: Final = "/demo/staff"
LONGEST_TEXT: Final = 1600
SHOWN_TEXTS: Final = 60


def mount(app: web.Application, phones: Phones, mover: Mover, inbox: DemoInbox) -> None:
    """Put the demo's pages on the service's application, before it is served."""
    app[PHONES] = phones
    app[MOVER] = mover
    app[INBOX] = inbox
    app[PAGES] = Site(pages.AUDIENCE)
    app.add_routes(
        (
            web.get(START, show_start, name="demo-start"),
            web.get(HERE, show_phone, name="demo-phone"),
            web.get(STAFF, show_staff, name="demo-staff"),
            web.get(f"{HERE}/now", show_now, name="demo-now"),
            web.post(f"{HERE}/text", send_text, name="demo-text"),
            web.post(f"{HERE}/move", move, name="demo-move"),
            web.post(f"{HERE}/language", choose_language, name="demo-language"),
            web.get(f"{HERE}/static/{{name}}", get_static, name="demo-static"),
        )
    )


async def show_start(request: web.Request) -> web.Response:
    """`GET /`: what there is to open."""
    phones = request.app[PHONES]
    language = language_of(request)
    words = request.app[DESK].words(language)
    values: dict[str, Any] = {
        "here": START,
        "kind": words.word("kind_of_database", await phones.kind() or "none"),
        "logins": LOGINS,
        "others": {
            "data_manager": DATA_MANAGER,
            "monitor": MONITOR,
            "administrator": ADMINISTRATOR,
        },
    }
    return _page(request.app[PAGES].write("start.html", language, **values))


async def show_staff(request: web.Request) -> web.Response:
    """`GET /demo/staff`: the letters that staff were sent, newest first."""
    phones = request.app[PHONES]
    language = language_of(request)
    words = request.app[DESK].words(language)
    local = await phones.zone()
    values: dict[str, Any] = {
        "here": STAFF,
        "kind": words.word("kind_of_database", await phones.kind() or "none"),
        "letters": [
            {
                "title": one.letter.title,
                "to": one.letter.to,
                "at": words.instant(one.at, local),
                "body": one.letter.body,
            }
            for one in request.app[INBOX].received
        ],
    }
    return _page(request.app[PAGES].write("staff.html", language, **values))


async def show_phone(request: web.Request) -> web.Response:
    """`GET /demo/phone?person=CODE`: a phone, and the clock."""
    phones = request.app[PHONES]
    people = await phones.everybody()
    if not people:
        raise web.HTTPNotFound
    language = language_of(request)
    words = request.app[DESK].words(language)
    sharing: dict[str, list[Person]] = {}
    for one in people:
        sharing.setdefault(one.number, []).append(one)
    wanted = request.query.get("person", people[0].code)
    meant = TakenCodes(one.code for one in people).alike(wanted)
    person = next((one for one in people if one.code == meant), None)
    values: dict[str, Any] = {
        "here": _address(wanted),
        "kind": words.word("kind_of_database", await phones.kind() or "none"),
        "people": people,
        "person": person,
        "wanted": wanted,
        "sharing": {
            one.code: [other.code for other in sharing[one.number] if other is not one]
            for one in people
        },
    }
    if person is None:
        body = request.app[PAGES].write("nobody.html", language, **values)
        return _page(body, status=HTTPStatus.NOT_FOUND)
    texts = await phones.texts(person)
    values |= {
        "sharers": sharing[person.number],
        "own": request.app[PAGES].text,
        "earlier": len(texts) > SHOWN_TEXTS,
        "last": texts[-1].id if texts else "",
        "most_days": MOST_DAYS,
        "longest_text": LONGEST_TEXT,
        **await _present(request, person, words),
        "bubbles": _bubbles(request, person, texts[-SHOWN_TEXTS:]),
    }
    return _page(request.app[PAGES].write("phone.html", language, **values))


async def show_now(request: web.Request) -> web.Response:
    """`GET /demo/phone/now`: what came after the text `after`, and the clock, as parts."""
    phones = request.app[PHONES]
    person = await phones.find(request.query.get("person", ""))
    if person is None:
        raise web.HTTPNotFound
    after = request.query.get("after")
    try:
        texts = await phones.texts(person, UUID(after) if after else None)
    except ValueError:
        raise UnreadableFormError from None
    language = language_of(request)
    values = await _present(request, person, request.app[DESK].words(language))
    render = request.app[PAGES].write
    shown = _bubbles(request, person, texts[-SHOWN_TEXTS:])
    return web.json_response(
        {
            "last": str(texts[-1].id) if texts else after or "",
            "texts": render("_texts.html", language, person=person, bubbles=shown),
            "clock": render("_clock.html", language, **values),
            "open": render("_open.html", language, **values),
            "happened": render("_happened.html", language, **values),
        }
    )


async def send_text(request: web.Request) -> web.Response:
    """`POST /demo/phone/text`: the phone sends a text."""
    person, form = await _form(request)
    text = form.get("text", "").strip()[:LONGEST_TEXT]
    if text:
        await request.app[PHONES].send(person, text)
    return _go_on(request, person, form.get("since"))


async def move(request: web.Request) -> web.Response:
    """`POST /demo/phone/move`: study time moves to the next event (`to=next`) or by `days`."""
    person, form = await _form(request)
    if form.get("to") == "next":
        since = await request.app[MOVER].to_next_event()
    else:
        given = form.get("days", "")
        if not given.isdecimal() or not 1 <= int(given) <= MOST_DAYS:
            raise UnreadableFormError
        since = await request.app[MOVER].by_days(int(given))
    return _go_on(request, person, since.isoformat())


async def choose_language(request: web.Request) -> web.Response:
    """`POST /demo/phone/language`: the language of everything but the phone."""
    form = await read_form(request)
    back = form.get("back", "")
    response = see(back if back in (START, STAFF) or back.startswith(f"{HERE}?") else HERE)
    language = known_language(form.get("language"))
    if language is not None:
        keep_language(request, response, LANGUAGE, language)
    return response


async def get_static(request: web.Request) -> web.Response:
    """The style sheet and the script, under names that change with their content."""
    return request.app[PAGES].file(request)


async def _present(request: web.Request, person: Person, words: Words) -> dict[str, Any]:
    """The clock, what is due next, what is open, and what happened since the last move."""
    phones = request.app[PHONES]
    since = pages.instant_of(request.query.get("since")) or phones.opened_at
    event = await phones.next_event()
    happenings = await phones.happenings(since)
    counted = pages.counted(happenings)
    return {
        "now": words.instant(await phones.now(), person.zone),
        "zone": person.zone.key,
        "event": event,
        "event_at": None if event is None else words.instant(event.at, person.zone),
        "event_visit": None
        if event is None
        else words.visit(person.protocol, event.definition, None),
        "open_link": await phones.open_link(person),
        "card_code": person.card_code if person.by_card else None,
        "since": words.instant(since, person.zone),
        "since_raw": since.isoformat(),
        "counted": counted,
        "more": sum(one.total for one in counted) - len(happenings),
        "happenings": [
            (one, words.instant(one.at, person.zone), pages.detail(words, person, one))
            for one in happenings
        ],
    }


def _bubbles(request: web.Request, person: Person, texts: list[Any]) -> list[pages.Bubble]:
    """The phone speaks its owner's language."""
    words = request.app[DESK].words(person.language)
    return pages.bubbles(person, words, texts, request.app[CONTEXT].public_url)


async def _form(request: web.Request) -> tuple[Person, Form]:
    """The participant a form is about. Raises UnreadableFormError."""
    form = await read_form(request)
    person = await request.app[PHONES].find(form.get("person", ""))
    if person is None:
        raise UnreadableFormError
    return person, form


def _go_on(request: web.Request, person: Person, since: object) -> web.Response:
    """For the script the instant to look back to; for a plain form the page again."""
    text = str(since or "")
    if request.headers.get("Accept") == "application/json":
        return web.json_response({"since": text})
    return see(_address(person.code, text))


def _address(code: str, since: str = "") -> str:
    return f"{HERE}?{urlencode({'person': code} | ({'since': since} if since else {}))}"


def _page(body: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return as_page(body, policy=SCRIPTED_POLICY, status=status)
