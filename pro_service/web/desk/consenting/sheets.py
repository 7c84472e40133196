"""Two small forms: a version of the form that was signed, and a part given or taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pro_service.domain.delivery.consents import ConsentDayError
from pro_service.domain.delivery.contacts import reach
from pro_service.domain.study.consenting.parts import ConsentPart, agreed_to, with_part
from pro_service.domain.study.consenting.versions import valid_at
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.turns import Who
from pro_service.services.record.consents import SaidConsent, say_part, sign_version
from pro_service.web.desk.consenting.said import GIVEN, TAKEN
from pro_service.web.desk.person.fields import Field, FieldError
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet


@contextmanager
def _days() -> Iterator[None]:
    """Say at its field that nobody can have signed on a day. Raises FieldError."""
    try:
        yield
    except ConsentDayError as error:
        raise FieldError("on", f"consent_{error.word}") from error


# A version of the form.


def _version_fields(asked: Asked) -> Sequence[Field]:
    words, facts = asked.words, asked.facts
    today = local_day(facts.now, zone(facts.site.zone))
    known = valid_at(asked.protocol.coming.consent_version, facts.site.code, today)
    options = [(one.id, one.id) for one in known]
    label = words.text("consent_sheet.version")
    first = [known[-1].id] if known else []
    return (
        Field("version", "choice" if known else "text", label, options, first=first),
        Field("on", "day", words.text("consent_sheet.signed_on")),
    )


async def _sign(asked: Asked, who: Who) -> Done:
    said = SaidConsent(asked.typed.day("on"), asked.actor)
    with _days():
        await sign_version(who, asked.typed.text("version"), said)
    return Done("consent")


CONSENT: Final = Sheet("consent", Action.record_consent, _version_fields, _sign, reasoned=False)


# A part, given or taken back.


def _changes(asked: Asked) -> list[str]:
    """What may be said now of each part: that it is given, or taken back."""
    consent = asked.facts.consent
    return [f"{one}_{TAKEN if agreed_to(consent, one) else GIVEN}" for one in ConsentPart]


def _part_fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    options = [(one, words.text(f"consent_sheet.{one}")) for one in _changes(asked)]
    return (
        Field("what", "pick", words.text("consent_sheet.what"), options),
        Field("on", "day", words.text("consent_sheet.said_on")),
    )


def _read(asked: Asked) -> tuple[ConsentPart, bool]:
    """Which part, and whether it is given. Raises FieldError."""
    part, _, change = asked.typed.choice("what", _changes(asked)).rpartition("_")
    return ConsentPart(part), change == GIVEN


async def _look(asked: Asked) -> Outlook:
    words, facts = asked.words, asked.facts
    part, given = _read(asked)
    with _days():
        after = with_part(facts, part, asked.typed.day("on"), given=given)
    change = GIVEN if given else TAKEN
    sentences = [
        words.text(f"consent_sheet.{part}_{change}_means"),
        words.text("consent_sheet.rest_stays"),
    ]
    if given:
        return Outlook(sentences, document=after)
    sentences.append(words.text("consent_sheet.safety_goes_on"))
    left = reach(facts.contacts, after).contact
    lost = facts.reach.contact is not None and left is None
    warnings = [words.text("consent_sheet.nobody_left")] if lost else []
    return Outlook(sentences, warnings=warnings, document=after)


async def _say(asked: Asked, who: Who) -> Done:
    part, given = _read(asked)
    said = SaidConsent(asked.typed.day("on"), asked.actor, asked.reason)
    with _days():
        await say_part(who, part, said, given=given)
    return Done(f"consent_{part}_{GIVEN if given else TAKEN}")


CONSENT_PART: Final = Sheet("consent-part", Action.record_consent, _part_fields, _say, look=_look)
