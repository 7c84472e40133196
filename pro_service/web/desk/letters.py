"""E-mail addresses of one participant at the desk: added, changed, proven by a letter (R25).

Nothing but that letter goes there before its reader said on its page that the address is theirs;
no word of staff stands for it. They are withdrawn as any contact is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pro_service.domain.delivery.addresses import Address, AddressFormError, read_address
from pro_service.domain.delivery.contacts import ContactFacts, in_order
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.reaching.first_texts import FirstTextRefused, FirstTextRefusedError
from pro_service.services.base.turns import Who
from pro_service.services.desk.person.sharing import others_with
from pro_service.services.texting.numbers import change_address
from pro_service.services.texting.opt_outs import NoLineError
from pro_service.services.texting.proving.letters import send_proof
from pro_service.web.desk.person.fields import Field, FieldError
from pro_service.web.desk.person.naming import chosen, shared_in_words, whom
from pro_service.web.desk.person.reach import add_person, person_fields
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet

_ADDRESS: Final = "address"
"""The field of the address."""
_SAID: Final = frozenset({FirstTextRefused.sent, FirstTextRefused.proven})
"""Why no letter goes, where that is said in words of its own."""


def letters_go(facts: ParticipantFacts) -> bool:
    """Whether the participant's site has an address letters come from."""
    return any("@" in one.address for one in facts.site.senders)


def addresses_of(facts: ParticipantFacts) -> list[ContactFacts]:
    """The participant's e-mail addresses, in the order they are tried."""
    return [one for one in in_order(facts.contacts) if one.kind == "email"]


def waiting_of(facts: ParticipantFacts) -> list[ContactFacts]:
    """Those of them that nobody has proven yet."""
    return [one for one in addresses_of(facts) if not one.confirmed and not one.wrong]


def _field(asked: Asked) -> Field:
    words = asked.words
    hint = words.text("email_sheet.form")
    return Field(_ADDRESS, "text", words.text("email_sheet.address"), hint=hint)


def _address(asked: Asked) -> Address:
    """The address typed, in its one form. Raises FieldError."""
    try:
        return read_address("email", asked.typed.text(_ADDRESS))
    except AddressFormError:
        raise FieldError(_ADDRESS, "email") from None


async def _doubt(asked: Asked) -> Outlook | None:
    """Whether somebody else has the address that was typed: asked about once."""
    code = asked.facts.code
    others = await others_with(asked.turn.hands, code, _address(asked).value)
    if not others:
        return None
    return Outlook((), warnings=[shared_in_words(asked.words, code, others)])


async def _prove(asked: Asked, which: int | UUID, said: str) -> Done:
    """Let the letter go, in a turn of its own; where none may, the address waits."""
    try:
        await send_proof(asked.turn.who, asked.actor, which=which)
    except (FirstTextRefusedError, NoLineError):
        return Done(f"{said}_waiting")
    return Done(said)


def _new_fields(asked: Asked) -> Sequence[Field]:
    return person_fields(asked, _field(asked))


async def _add(asked: Asked, who: Who) -> Done:
    place = await add_person(asked, who, _address(asked))
    return await _prove(asked, place, "email_added")


def _change_fields(asked: Asked) -> Sequence[Field]:
    return (whom(asked, addresses_of(asked.facts)), _field(asked))


async def _change(asked: Asked, who: Who) -> Done:
    old = chosen(asked, addresses_of(asked.facts)).id
    new = await change_address(who, _address(asked), asked.actor, asked.reason, which=old)
    return await _prove(asked, new, "email_changed")


def _letter_fields(asked: Asked) -> Sequence[Field]:
    return (whom(asked, waiting_of(asked.facts)),)


async def _letter(asked: Asked, who: Who) -> Done:
    contact = chosen(asked, waiting_of(asked.facts))
    try:
        await send_proof(who, asked.actor, which=contact.id)
    except FirstTextRefusedError as error:
        why = error.word if error.word in _SAID else "held"
        raise FieldError("contact", f"letter_{why}") from error
    except NoLineError:
        raise FieldError("contact", "letter_no_sender") from None
    return Done("email_letter")


EMAIL: Final = Sheet("email", Action.change_contacts, _new_fields, _add, doubt=_doubt)
EMAIL_CHANGE: Final = Sheet(
    "email-change", Action.change_contacts, _change_fields, _change, doubt=_doubt
)
EMAIL_LETTER: Final = Sheet(
    "email-letter", Action.change_contacts, _letter_fields, _letter, reasoned=False
)
