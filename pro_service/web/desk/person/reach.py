"""How one participant is reached: numbers, further contacts, and whether they want texts (R25)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from pro_service.domain.delivery.addresses import Address, phone
from pro_service.domain.delivery.consents import ConsentDayError
from pro_service.domain.delivery.contacts import RELATIONS, Agreed, ContactFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.reaching.first_texts import FirstTextRefusedError
from pro_service.services.base.phones import (
    AmbiguousPhoneError,
    PhoneError,
    example_of,
    parse_phone,
)
from pro_service.services.base.turns import Who
from pro_service.services.desk.person.sharing import others_with
from pro_service.services.texting.contacts import (
    Newcomer,
    add_contact,
    agree_for_contact,
    end_contact,
    mark_wrong,
    put_first,
)
from pro_service.services.texting.numbers import (
    change_number,
    confirm_by_staff,
)
from pro_service.services.texting.opt_outs import (
    NoLineError,
    opt_in_by_staff,
    opt_out_by_staff,
)
from pro_service.services.texting.proving.first_texts import send_first_text
from pro_service.web.desk.person.fields import Field, FieldError
from pro_service.web.desk.person.naming import chosen, shared_in_words, whom
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet

TESTED: Final = "tested"
CONFIRMED: Final = "confirmed"
WAITING: Final = "waiting"


def _own(asked: Asked) -> list[ContactFacts]:
    return [one for one, _ in asked.facts.reach.each]


# Another number for somebody who is reached already.


def _number_field(asked: Asked) -> Field:
    """The number, with an example of the country the participant's site is in."""
    words, example = asked.words, example_of(asked.facts.site.country)
    hint = words.text("number_sheet.form", example=example)
    return Field("number", "tel", words.text("number_sheet.number"), hint=hint)


def _telephones(asked: Asked) -> list[ContactFacts]:
    return [one for one in _own(asked) if one.kind == "phone"]


def _number_fields(asked: Asked) -> Sequence[Field]:
    words, contacts = asked.words, _telephones(asked)
    said = [(one, words.text(f"number_sheet.{one}")) for one in (TESTED, CONFIRMED, WAITING)]
    number = _number_field(asked)
    return (
        *([whom(asked, contacts)] if contacts else []),
        number,
        Field("said", "choice", words.text("number_sheet.said"), said),
    )


async def _change_number(asked: Asked, who: Who) -> Done:
    contacts = _telephones(asked)
    old = chosen(asked, contacts).id if contacts else None
    number = _number(asked)
    said = asked.typed.choice("said", (TESTED, CONFIRMED, WAITING))
    reason = asked.reason
    new = await change_number(who, number, asked.actor, reason, which=old)
    # A turn of its own, as the two commands are: the number waits if it cannot be taken.
    if said == CONFIRMED:
        await confirm_by_staff(asked.turn.who, asked.actor, reason, which=new)
        return Done("number_confirmed")
    if said == TESTED:
        return await _test(asked, new)
    return Done("number_waiting")


async def _test(asked: Asked, contact_id: UUID) -> Done:
    """Let the first text go to a new number; where none may, it waits to be confirmed."""
    try:
        text = await send_first_text(asked.turn.who, asked.actor, which=contact_id)
    except (FirstTextRefusedError, NoLineError):
        return Done("number_untested")
    return Done("number_tested" if text.at_once else "number_tested_later")


def _number(asked: Asked) -> str:
    """The number typed, in E.164. Raises FieldError."""
    try:
        return parse_phone(asked.typed.text("number"), asked.facts.site.country)
    except PhoneError as error:
        why = "phone_ambiguous" if isinstance(error, AmbiguousPhoneError) else "phone"
        raise FieldError("number", why, example=error.example) from None


async def _doubt_number(asked: Asked) -> Outlook | None:
    """Whether somebody else has the number that was typed: asked about once. Raises FieldError."""
    code = asked.facts.code
    others = await others_with(asked.turn.hands, code, _number(asked))
    if not others:
        return None
    return Outlook((), warnings=[shared_in_words(asked.words, code, others)])


NUMBER: Final = Sheet(
    "new-number", Action.change_number, _number_fields, _change_number, doubt=_doubt_number
)


def _waiting(asked: Asked) -> list[ContactFacts]:
    return [
        one for one in _own(asked) if one.kind == "phone" and not one.confirmed and not one.wrong
    ]


def _confirm_fields(asked: Asked) -> Sequence[Field]:
    return (whom(asked, _waiting(asked)),)


async def _confirm(asked: Asked, who: Who) -> Done:
    contact_id = chosen(asked, _waiting(asked)).id
    await confirm_by_staff(who, asked.actor, asked.reason, which=contact_id)
    return Done("confirm_number")


CONFIRM: Final = Sheet(
    "confirm-number",
    Action.change_number,
    _confirm_fields,
    _confirm,
)


# Somebody else who may be written to, and what they agreed to.


def agreement_fields(asked: Asked) -> tuple[Field, ...]:
    """What another person is asked to have agreed to."""
    words = asked.words
    return (
        Field("texts", "tick", words.text("contact_sheet.texts"), required=False),
        Field("told", "tick", words.text("contact_sheet.told"), required=False),
        Field("agreed_on", "day", words.text("contact_sheet.agreed_on"), required=False),
    )


def agreed_in(asked: Asked) -> Agreed:
    """What the person agreed to, and when they signed. Raises FieldError."""
    typed = asked.typed
    texts, told = typed.tick("texts"), typed.tick("told")
    if not (texts or told):
        return Agreed(may_be_texted=False, may_be_told=False, agreed_on=None)
    if not typed.text("agreed_on", optional=True):
        raise FieldError("agreed_on", "agreed")
    return Agreed(texts, told, typed.day("agreed_on"))


@contextmanager
def consent_days() -> Iterator[None]:
    """Say at its field that nobody can have signed on a day. Raises FieldError."""
    try:
        yield
    except ConsentDayError as error:
        field = "agreed_on" if error.whose == "contact" else "participant_agreed_on"
        raise FieldError(field, f"consent_{error.word}") from error


def _contact_fields(asked: Asked) -> Sequence[Field]:
    return person_fields(asked, _number_field(asked))


def person_fields(asked: Asked, place: Field) -> tuple[Field, ...]:
    """Somebody to be reached at a place: who it is, and what they and the participant agreed to."""
    words = asked.words
    relations = [(one, words.word("whose", one)) for one in RELATIONS]
    theirs = Field(
        "participant_agreed_on",
        "day",
        words.text("contact_sheet.participant_agreed_on"),
        hint=words.text("contact_sheet.participant_agreed_hint"),
        required=False,
    )
    consent = asked.facts.consent
    known = consent is not None and consent.caregiver
    return (
        Field("relation", "choice", words.text("contact_sheet.relation"), relations),
        place,
        *agreement_fields(asked),
        *(() if known else (theirs,)),
    )


async def _add_contact(asked: Asked, who: Who) -> Done:
    await add_person(asked, who, phone(_number(asked)))
    return Done("contact")


async def add_person(asked: Asked, who: Who, address: Address) -> int:
    """Add whom the form names, at an address; their place in the order. Raises FieldError."""
    typed = asked.typed
    relation = next(one for one in RELATIONS if one == typed.choice("relation", RELATIONS))
    theirs = typed.optional_day("participant_agreed_on")
    new = Newcomer(address, relation, agreed_in(asked), theirs)
    with consent_days():
        return await add_contact(who, new, asked.actor, asked.reason)


CONTACT: Final = Sheet(
    "contact",
    Action.change_contacts,
    _contact_fields,
    _add_contact,
    doubt=_doubt_number,
)


def _others(asked: Asked) -> list[ContactFacts]:
    return [one for one in _own(asked) if not one.is_own]


def _agree_fields(asked: Asked) -> Sequence[Field]:
    return (whom(asked, _others(asked)), *agreement_fields(asked))


async def _agree(asked: Asked, who: Who) -> Done:
    contact_id, agreed = chosen(asked, _others(asked)).id, agreed_in(asked)
    with consent_days():
        await agree_for_contact(who, contact_id, agreed, asked.reason)
    return Done("contact_agreement")


AGREEMENT: Final = Sheet(
    "contact-agreement",
    Action.change_contacts,
    _agree_fields,
    _agree,
)


def _first_fields(asked: Asked) -> Sequence[Field]:
    return (whom(asked, _own(asked)),)


async def _put_first(asked: Asked, who: Who) -> Done:
    await put_first(who, chosen(asked, _own(asked)).id, asked.reason)
    return Done("contact_first")


FIRST: Final = Sheet("contact-first", Action.change_contacts, _first_fields, _put_first)

_OVER: Final = "over"
_WRONG: Final = "wrong"


def _end_fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    why = [(one, words.text(f"contact_sheet.is_{one}")) for one in (_OVER, _WRONG)]
    return (
        whom(asked, _own(asked)),
        Field("why", "choice", words.text("contact_sheet.why"), why),
    )


async def _end(asked: Asked, who: Who) -> Done:
    contact_id = chosen(asked, _own(asked)).id
    why = asked.typed.choice("why", (_OVER, _WRONG))
    silence = end_contact if why == _OVER else mark_wrong
    left = await silence(who, contact_id, asked.actor, asked.reason)
    return Done("contact_ended" if left else "last_contact_ended")


END: Final = Sheet("contact-end", Action.change_contacts, _end_fields, _end)


# No more texts, and texts again.


def _held(asked: Asked) -> list[ContactFacts]:
    return [one for one in _own(asked) if one.opted_out_at is not None]


def _opt_in_fields(asked: Asked) -> Sequence[Field]:
    return (whom(asked, _held(asked)),)


async def _opt_in(asked: Asked, who: Who) -> Done:
    contact_id = chosen(asked, _held(asked)).id
    await opt_in_by_staff(who, asked.actor, asked.reason, which=contact_id)
    return Done("texts_again")


OPT_IN: Final = Sheet(
    "texts-again",
    Action.change_opt_out,
    _opt_in_fields,
    _opt_in,
)


def _no_fields(_: Asked) -> Sequence[Field]:
    return ()


async def _opt_out(asked: Asked, who: Who) -> Done:
    await opt_out_by_staff(who, asked.actor, asked.reason)
    return Done("no_texts")


OPT_OUT: Final = Sheet("no-texts", Action.change_opt_out, _no_fields, _opt_out)
