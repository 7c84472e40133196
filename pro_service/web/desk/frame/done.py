"""One sentence that says what was done, on the page the form leads back to.

A handler that has written ends with one line:

    return done(seat, way_back(form), "alert_seen", code=place.code)

A sentence about what can be taken back (`undo`: of which kind, and which row) has a press "Undo".

and the page it leads to says `desk.done.alert_seen` of both catalogues, in the reader's language,
in an element of role `status`. A sentence may name a `{code}`, a `{day}`, `{who}` did it,
and `{what}` by a word of the catalogue; nothing secret, for it stands in the address. The address
carries a proof made with the session's own secret: nobody else can make a page say that something
was done, and another session says nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from aiohttp import web

from pro_service.domain.study.follow_up.undoing import Undoable
from pro_service.services.desk.seat import AlreadyDoneError, Seat, Session
from pro_service.services.desk.sign_in import form_secret
from pro_service.web.desk.words import Words
from pro_service.web.requests import see

_KEY, _CODE, _DAY, _WHAT, _WHO = "done", "of", "on", "what", "who_did"
_UNDO, _PROOF = "undo", "proof"
_OURS: Final = frozenset({_KEY, _CODE, _DAY, _WHAT, _WHO, _UNDO, _PROOF})
_PROOF_LENGTH: Final = 20


UNDO_PATHS: Final[Mapping[Undoable, str]] = {
    Undoable.text_nothing: "/desk/texts/{id}/nothing/undo",
    Undoable.alert_seen: "/desk/alerts/{id}/seen/undo",
    Undoable.call_no_answer: "/desk/calls/{id}/close/undo",
}
"""Where each kind is taken back."""


class Undo(NamedTuple):
    """What can be taken back: of which kind, and the text, the alert or the call it was done to."""

    kind: Undoable
    row: UUID


class Sentence(NamedTuple):
    """What was done, in words, and what of it can be taken back."""

    words: str
    undo: Undo | None


def done(
    session: Session,
    back: str,
    key: str,
    *,
    code: str | None = None,
    day: date | None = None,
    what: tuple[str, str] | None = None,
    who: str | None = None,
    undo: Undo | None = None,
) -> web.Response:
    """Go back to a page of ours (`back`), which says what was done.

    `key` is the last part of the sentence's key; `code`, `day`, `who` (as the record
    names them) and `what` (the kind and the code of a word) are what it names.
    """
    given = {_KEY: key}
    if code is not None:
        given[_CODE] = code
    if day is not None:
        given[_DAY] = day.isoformat()
    if what is not None:
        given[_WHAT] = ".".join(what)
    if who is not None:
        given[_WHO] = who
    if undo is not None:
        given[_UNDO] = f"{undo.kind}.{undo.row}"
    given[_PROOF] = _proof(session, given)
    parts = urlsplit(without_done(back))
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *given.items()])
    # Without a place in the page: the sentence stands at its head, and has the focus.
    return see(urlunsplit(parts._replace(query=query, fragment="")))


def sentence(words: Words, session: Session | None, query: Mapping[str, str]) -> Sentence | None:
    """What the address says was done; None where it says nothing, or was not made for them."""
    if session is None or _PROOF not in query:
        return None
    given = {name: query[name] for name in _OURS - {_PROOF} if name in query}
    if not hmac.compare_digest(_proof(session, given).encode(), query[_PROOF].encode()):
        return None
    if not words.has(f"done.{given[_KEY]}"):
        return None
    day = "" if _DAY not in given else words.day(date.fromisoformat(given[_DAY]))
    word, _, of = given.get(_WHAT, "").partition(".")
    what = words.word(word, of) if of else ""
    who = words.who(given[_WHO]) if _WHO in given else ""
    code = given.get(_CODE, "")
    said = words.text(f"done.{given[_KEY]}", code=code, day=day, what=what, who=who)
    kind, _, row = given.get(_UNDO, "").partition(".")
    # The proof says that it is ours, and so well made.
    return Sentence(said, Undo(Undoable(kind), UUID(row)) if row else None)


def done_before(session: Session, back: str, error: AlreadyDoneError) -> web.Response | None:
    """Say to whoever did it themselves that it is done, and what; None: somebody else did it."""
    before = error.before
    if not isinstance(session, Seat) or before is None or before.actor != session.actor:
        return None
    return done(session, back, before.sentence, code=before.code, what=before.what)


def path_of(undo: Undo) -> str:
    """The address of the form that takes something back."""
    return UNDO_PATHS[undo.kind].format(id=undo.row)


def without_done(address: str) -> str:
    """An address of ours as it is without what it says was done."""
    parts = urlsplit(address)
    if not parts.query:
        return address
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name not in _OURS
    ]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _proof(session: Session, given: Mapping[str, str]) -> str:
    what = "\n".join(f"{name}={given[name]}" for name in sorted(given) if name != _PROOF)
    key = form_secret(session.token).encode()
    return hmac.new(key, f"done\n{what}".encode(), hashlib.sha256).hexdigest()[:_PROOF_LENGTH]
