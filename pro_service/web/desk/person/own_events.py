"""What else happened to one participant (R24): entered, and corrected by a further revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from multidict import MultiDict

from pro_service.domain.instruments.numbers import written
from pro_service.domain.study.facts import KNEES
from pro_service.domain.study.own_events import OwnEventError, OwnEventSaid, own_kind
from pro_service.domain.study.permissions import Action
from pro_service.services.base.turns import Who
from pro_service.services.desk.seat import NotHereError
from pro_service.services.visits.own_events import (
    OwnEventChangedError,
    Revised,
    get_own_event,
    record_own_event,
)
from pro_service.web.desk.person.fields import Field, FieldError, Typed
from pro_service.web.desk.person.own_words import kind_in_words
from pro_service.web.desk.person.sheets import Asked, Done, Sheet

_STRUCK: Final = "struck"


async def _begin(asked: Asked) -> Asked:
    """The form of the event the address names, with what stands of it. Raises NotHereError."""
    if not asked.typed.form.get("event"):
        return asked
    found = await get_own_event(asked.turn.who, _event(asked))
    if found is None:
        raise NotHereError
    stands = {
        "event": str(found.event_id),
        "revision": str(found.revision),
        "kind": found.kind,
        "began": found.began_on.isoformat(),
        "ended": "" if found.ended_on is None else found.ended_on.isoformat(),
        "target": found.target or "",
        "dose": "" if found.dose is None else written(found.dose),
    }
    return replace(asked, typed=Typed(MultiDict(stands)))


def _event(asked: Asked) -> UUID:
    try:
        return UUID(asked.typed.form.get("event", ""))
    except ValueError:
        raise NotHereError from None


def _fields(asked: Asked) -> Sequence[Field]:
    words, protocol = asked.words, asked.protocol
    chosen = asked.typed.form.get("kind", "")
    corrects = bool(asked.typed.form.get("event"))
    kinds = [
        (one.id, kind_in_words(words, protocol, one.id))
        for one in protocol.coming.own_event
        if one.id == chosen or not (corrects and chosen)
    ]
    fields = [Field("kind", "choice", words.text("own.kind"), kinds)]
    kind = own_kind(protocol, chosen)
    if kind is None:
        return fields
    zone = words.text("sheet.in_zone", zone=asked.facts.zone)
    if kind.per_knee:
        knees = [(one, words.word("target", one)) for one in KNEES]
        fields.append(Field("target", "choice", words.text("own.knee"), knees))
    first = words.text("own.first" if kind.lasts else "own.day")
    fields.append(Field("began", "day", first, hint=zone))
    if kind.lasts:
        hint = words.text("own.last_hint")
        fields.append(Field("ended", "day", words.text("own.last"), hint=hint, required=False))
    if kind.dose_unit is not None:
        label = words.text("own.dose", unit=kind.dose_unit)
        fields.append(Field("dose", "text", label, required=False))
    if corrects:
        fields += [Field(one, "hidden", one) for one in ("event", "revision")]
        fields.append(Field(_STRUCK, "tick", words.text("own.struck"), required=False))
    return fields


def _read(asked: Asked) -> OwnEventSaid:
    """The event as it was typed. Raises FieldError."""
    typed = asked.typed
    kinds = [one.id for one in asked.protocol.coming.own_event]
    target = typed.choice("target", KNEES, optional=True)
    return OwnEventSaid(
        kind=typed.choice("kind", kinds),
        target=next((one for one in KNEES if one == target), None),
        began_on=typed.day("began"),
        ended_on=typed.optional_day("ended"),
        dose=_dose(typed.text("dose", optional=True)),
    )


def _dose(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        dose = Decimal(text)
    except InvalidOperation:
        raise FieldError("dose", "dose") from None
    if not dose.is_finite():
        raise FieldError("dose", "dose")
    return dose


def _revised(asked: Asked) -> Revised | None:
    """The event that is corrected, and the revision that was looked at."""
    typed = asked.typed
    if not typed.text("event", optional=True):
        return None
    revision = typed.text("revision", optional=True)
    if not (revision.isascii() and revision.isdecimal()):
        raise OwnEventChangedError
    return Revised(_event(asked), int(revision), struck=typed.tick(_STRUCK))


async def _act(asked: Asked, who: Who) -> Done:
    try:
        revised = _revised(asked)
        await record_own_event(who, _read(asked), actor=asked.actor, revises=revised)
    except OwnEventError as error:
        raise FieldError(error.field, f"own_{error.word}") from error
    if revised is None:
        return Done("own_event")
    return Done("own_event_struck" if revised.struck else "own_event_corrected")


OWN_EVENT: Final = Sheet(
    "own-event",
    Action.record_own_event,
    _fields,
    _act,
    reasoned=False,
    begin=_begin,
    grows=True,
)
