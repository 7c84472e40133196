"""A small form about one participant, with an address of its own: filled in, looked at, done.

One sheet is one action. GET shows its form; POST shows what it would change, where it moves
something, and then does it; what was wrong comes back with everything that was typed. Everything
works without scripts.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.base.turns import Who
from pro_service.services.desk.person.sent_forms import SentForm, sent_form
from pro_service.services.desk.person.staff_turns import StaffTurn, find_copy, find_turn
from pro_service.services.desk.seat import NotAllowedError, NotHereError, Seat
from pro_service.store.base import operations
from pro_service.web.desk.conversation.problems import reply_problem
from pro_service.web.desk.frame.done import done as say_done
from pro_service.web.desk.guard import for_staff, hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import Field, FieldError, Typed
from pro_service.web.desk.words import Words
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import Form, read_form

_KEY_BYTES: Final = 12
_LONGEST_KEY: Final = 40
_OURS: Final = frozenset({"form", "key", "seen", "step"})
"""Fields of the form that nobody fills in."""


@dataclass(frozen=True)
class Asked:
    """Who asks about whom, and what they typed."""

    turn: StaffTurn
    facts: ParticipantFacts
    protocol: Protocol
    words: Words
    typed: Typed
    sites: Sequence[tuple[str, str]] = ()
    """The study's other sites, code and words, for the sheet that reads them."""

    @property
    def reason(self) -> str:
        """Why, as it was typed. Raises FieldError for nothing."""
        return self.typed.text("reason")

    @property
    def actor(self) -> str:
        """How the record names who acts."""
        return self.turn.actor

    def may(self, action: Action) -> bool:
        """Whether who asks may do something else as well, where the participant is."""
        return self.turn.hands.seat.may(action, self.turn.place.site_id)


@dataclass(frozen=True)
class Outlook:
    """What doing it would change: sentences, and a table of what moves where something does."""

    sentences: Sequence[str]
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    caption: str = ""
    quote: str | None = None
    """Words that go out as they stand here."""
    warnings: Sequence[str] = ()
    """What goes on all the same, and must not be overlooked."""
    document: object = None
    """What the sentences were made from; tests compare it with what is written."""


class Done(NamedTuple):
    """The sentence that says what was done, as `done` of the frame takes it."""

    key: str
    day: date | None = None
    """The day it names, where the participant lives."""

    @property
    def kept(self) -> str:
        """As it is kept, for copies of the form to say the same."""
        return self.key if self.day is None else f"{self.key}:{self.day.isoformat()}"

    @classmethod
    def of_copy(cls, kept: str) -> Done:
        """The sentence a form was answered with; that it was done, where nothing else is known."""
        key, _, day = kept.partition(":")
        return cls(key or "sent_before", date.fromisoformat(day) if day else None)


@dataclass(frozen=True)
class Sheet:
    """One action: its name in the address, its fields, and what it does."""

    name: str
    action: Action
    fields: Callable[[Asked], Sequence[Field]]
    act: Callable[[Asked, Who], Awaitable[Done]]
    """Read the form and do it, in the turn given; raises FieldError and what the use case does."""
    look: Callable[[Asked], Awaitable[Outlook]] | None = None
    """What it would change; None: it moves nothing, and is done at once."""
    doubt: Callable[[Asked], Awaitable[Outlook | None]] | None = None
    """What may be a slip, and is asked about once before it is done; None, or none: nothing."""
    reasoned: bool = True
    """Whether the record asks why."""
    begin: Callable[[Asked], Awaitable[Asked]] | None = None
    """What stands in the form before anybody typed, read from what is stored; None: nothing."""
    read: Callable[[Asked], Awaitable[Asked]] | None = None
    """What the form offers beyond facts and protocol, read each time; None: nothing."""
    grows: bool = False
    """Whether what was chosen first decides what else is asked: the form comes back with it."""

    @property
    def word(self) -> str:
        """Its name as keys of words have it."""
        return self.name.replace("-", "_")

    async def show(self, request: web.Request, seat: Seat) -> web.Response:
        """`GET /desk/participants/{code}/<name>`: the form; what the address says is filled in."""
        asked = await self._asked(request, seat, MultiDict(request.query))
        if self.begin is not None:
            asked = await self.begin(asked)
        if self.look is None or self.reasoned or self.fields(asked):
            return await self._form(request, seat, asked)
        try:
            # Nothing is to be filled in: what it would change is shown at once.
            return await self._preview(request, seat, asked, await self.look(asked), again=False)
        except ProServiceError as error:
            if problem_in_words(asked.words, error) is None:
                raise
            return await self._form(request, seat, asked, error, HTTPStatus.OK)

    async def send(self, request: web.Request, seat: Seat) -> web.Response:
        """`POST /desk/participants/{code}/<name>`: look at it first where it moves, or do it."""
        form = await read_form(request)
        step = form.get("step", "look")
        try:
            asked = await self._asked(request, seat, form)
        except (NotAllowedError, NotHereError):
            # What this very form did may be why: it moved the participant to another site.
            moved = await self._done_away(request, seat, form)
            if moved is None:
                raise
            return _say(seat, request.match_info["code"], moved)
        try:
            if step == "edit":
                return await self._form(request, seat, asked)
            does = self.look is None or step == "do"
            done = await self._done_before(seat, form, asked) if does else None
            if done is None and self.grows and self._is_to_grow(asked):
                return await self._form(request, seat, asked)
            if done is None and (step != "do" or self._is_stale(form, asked)):
                outlook = await self._outlook(asked)
                if outlook is not None:
                    return await self._preview(request, seat, asked, outlook, again=step == "do")
            done = done or await self._do(seat, form, asked)
        except ProServiceError as error:
            # What was typed comes back with what is wrong; what has no words has its own page.
            if problem_in_words(asked.words, error) is None:
                raise
            return await self._form(request, seat, asked, error)
        return _say(seat, asked.facts.code, done)

    async def _do(self, seat: Seat, form: Form, asked: Asked) -> Done:
        async def act(who: Who) -> Done:
            return await self.act(asked, who)

        sent = _sent(seat, form)
        done = await asked.turn.once_said(sent, act, lambda said: said.kept)
        return Done.of_copy(done) if isinstance(done, str) else done

    async def _done_before(self, seat: Seat, form: Form, asked: Asked) -> Done | None:
        """What was said when this very form was done; None: it was not. Raises FormReusedError."""
        said = await asked.turn.copy_of(_sent(seat, form))
        return None if said is None else Done.of_copy(said)

    async def _done_away(self, request: web.Request, seat: Seat, form: Form) -> Done | None:
        """The same of a form after which its participant is in other hands."""
        hands, code = hands_of(request, seat), request.match_info["code"]
        said = await find_copy(hands, code, self.action, _sent(seat, form))
        return None if said is None else Done.of_copy(said)

    async def _outlook(self, asked: Asked) -> Outlook | None:
        """What is shown before it is done; None: nothing. Raises FieldError without a reason."""
        if self.reasoned and (self.look or self.doubt):
            _ = asked.reason
        if self.look is not None:
            return await self.look(asked)
        return None if self.doubt is None else await self.doubt(asked)

    async def _asked(self, request: web.Request, seat: Seat, form: Form | MultiDict[str]) -> Asked:
        code = request.match_info["code"]
        turn = await find_turn(hands_of(request, seat), code, self.action)
        facts = await turn.facts()
        words = request.app[DESK].words(language_of(request, seat))
        typed = Typed(MultiDict(_typed(form)))
        asked = Asked(turn, facts, await turn.protocol(facts), words, typed)
        return asked if self.read is None else await self.read(asked)

    def _is_to_grow(self, asked: Asked) -> bool:
        """Whether what was chosen asks for more than the form had fields for."""
        fields = [one for one in self.fields(asked) if one.kind != "tick"]
        return any(one.name not in asked.typed.form for one in fields)

    def _is_stale(self, form: Form, asked: Asked) -> bool:
        """Whether anything happened to the participant since what was looked at."""
        return form.get("seen") != str(asked.facts.revision)

    async def _form(
        self,
        request: web.Request,
        seat: Seat,
        asked: Asked,
        error: ProServiceError | None = None,
        status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
    ) -> web.Response:
        words = asked.words
        fields = [*self.fields(asked)]
        if self.reasoned:
            fields.append(Field("reason", "words", words.text("sheet.reason")))
        wrong = error if isinstance(error, FieldError) else None
        return await self._page(
            request,
            seat,
            asked,
            "sheet.html",
            HTTPStatus.OK if error is None else status,
            fields=asked.typed.shown(fields, wrong),
            problem=None if error is None else problem_in_words(words, error),
            button=words.text("sheet.look" if self.look else f"sheet.{self.word}.do"),
        )

    async def _preview(
        self, request: web.Request, seat: Seat, asked: Asked, outlook: Outlook, *, again: bool
    ) -> web.Response:
        return await self._page(
            request,
            seat,
            asked,
            "sheet_look.html",
            outlook=outlook,
            again=again,
            seen=asked.facts.revision,
            typed=list(asked.typed.form.items()),
            reason=asked.typed.text("reason", optional=True),
            button=asked.words.text(f"sheet.{self.word}.do"),
        )

    async def _page(
        self,
        request: web.Request,
        seat: Seat,
        asked: Asked,
        template: str,
        status: HTTPStatus = HTTPStatus.OK,
        **values: Any,
    ) -> web.Response:
        facts, words = asked.facts, asked.words
        here = page_of(facts.code)
        return request.app[DESK].render(
            template,
            request,
            seat,
            status=status,
            kind=await operations.get_database_kind(asked.turn.hands.clerk),
            code=facts.code,
            title=words.text(f"sheet.{self.word}.title", code=facts.code),
            lead=words.text(f"sheet.{self.word}.lead"),
            page=here,
            address=f"{here}/{self.name}",
            here=f"{here}/{self.name}",
            key=new_form_key(),
            their_zone=facts.zone,
            now=words.instant(facts.now, zone(facts.zone)),
            **values,
        )

    @property
    def form(self) -> web.RouteDef:
        """Where its form is shown."""
        path = f"/desk/participants/{{code}}/{self.name}"
        return web.get(path, for_staff(self.show, self.action), name=f"desk-{self.name}-form")


def page_of(code: str) -> str:
    """The address of a participant's page."""
    return f"/desk/participants/{quote(code, safe='')}"


def problem_in_words(words: Words, error: ProServiceError) -> str | None:
    """What is wrong with what was typed, in the reader's language; None: something else is."""
    about_words = reply_problem(words, error)
    if about_words is not None:
        return about_words
    name = type(error).__name__.removesuffix("Error")
    kind = "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")
    named = error.named if isinstance(error, FieldError) else {}
    for key in (f"problem.{kind}.{error.word}", f"problem.{kind}"):
        if words.has(key):
            return words.text(key, **named)
    return None


def new_form_key() -> str:
    """A key that no other form has."""
    return secrets.token_hex(_KEY_BYTES)


def _say(seat: Seat, code: str, done: Done) -> web.Response:
    return say_done(seat, page_of(code), done.key, code=code, day=done.day)


def _typed(form: Form | MultiDict[str]) -> list[tuple[str, str]]:
    """What somebody filled in."""
    return [(name, one) for name, one in form.items() if name not in _OURS]


def _sent(seat: Seat, form: Form) -> SentForm:
    return sent_form(seat, form_key(form), _typed(form))


def form_key(form: Form) -> str:
    """The key a form was made with: its copies have the same. Raises UnreadableFormError."""
    key = form.get("key", "")
    if not key.isalnum() or len(key) > _LONGEST_KEY:
        raise UnreadableFormError
    return key
