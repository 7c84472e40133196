"""What is agreed to apart from taking part: texts, a provider abroad, word to others (R1, R25).

Each is given and taken back by itself, and changes nothing of the rest; a version of the form that
is signed anew changes none of them. None is consent to take part: whoever no longer wants that
withdraws, which an investigator records as a status.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pro_service.domain.delivery.consents import check_day, is_version
from pro_service.domain.delivery.contacts import ConsentFacts
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.consenting.versions import ConsentVersion, same_version, valid_at
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.statuses import FINAL, standing
from pro_service.domain.study.times import local_day, zone


class ConsentPart(StrEnum):
    """What is agreed to by itself; the words are those of the record's columns."""

    messages = "messages"
    """Texts to the participant's own telephone."""
    cross_border = "cross_border"
    """Their number and texts handled by a provider outside the country (PIPL 39)."""
    caregiver = "caregiver"
    """Others written to or told about them, who must agree as well."""


class ConsentRefusedError(ProServiceError):
    """This consent cannot be written down."""


def agreed_to(consent: ConsentFacts | None, part: ConsentPart) -> bool:
    """Whether a part is agreed to now."""
    if consent is None:
        return False
    return {
        ConsentPart.messages: consent.messages,
        ConsentPart.cross_border: consent.cross_border,
        ConsentPart.caregiver: consent.caregiver,
    }[part]


def with_part(
    facts: ParticipantFacts, part: ConsentPart, said_on: date, *, given: bool
) -> ConsentFacts:
    """The consent with one part given, or taken back. Raises ConsentRefusedError, ConsentDayError.

    Taking back is never refused but where it was not given; whoever withdrew for good or died gives
    nothing any more.
    """
    consent = facts.consent
    if consent is None:
        raise ConsentRefusedError(
            f"{facts.code} has signed no consent that is known.",
            mend="Write down first which version was signed.",
            word="none",
        )
    if agreed_to(consent, part) is given:
        raise ConsentRefusedError(
            f"{facts.code} {'agreed to this already' if given else 'does not agree to this now'}.",
            mend="Nothing was changed.",
            word="given_before" if given else "not_given",
        )
    if given:
        _demand_open(facts)
    check_day("participant", said_on, _today(facts))
    return consent.model_copy(update={part.value: given})


def with_version(
    facts: ParticipantFacts, versions: tuple[ConsentVersion, ...], version: str, signed_on: date
) -> ConsentFacts:
    """The consent once a version was signed; what was agreed to apart stays as it is.

    `versions` are the protocol's; where it names none, any may be signed. Raises
    ConsentRefusedError, ConsentDayError.
    """
    _demand_open(facts)
    check_day("participant", signed_on, _today(facts))
    if not is_version(version):
        raise ConsentRefusedError(
            "This is no version of a consent form.",
            mend="Give at most 40 letters, digits and . - / ( ).",
            word="version",
        )
    before = facts.consent
    if before is not None and same_version(before.version, version):
        raise ConsentRefusedError(
            f"{facts.code} signed version {before.version} on {before.signed_on}.",
            mend="Nothing was changed.",
            word="signed_before",
        )
    if before is not None and signed_on < before.signed_on:
        raise ConsentRefusedError(
            f"The consent in force was signed later, on {before.signed_on}.",
            mend="Look the day up.",
            word="order",
        )
    if versions:
        version = _known(versions, facts.site.code, version, signed_on)
    if before is None:
        return ConsentFacts(version=version, signed_on=signed_on, messages=False)
    return before.model_copy(update={"version": version, "signed_on": signed_on})


def _known(versions: tuple[ConsentVersion, ...], site: str, version: str, signed_on: date) -> str:
    """The version as the protocol writes it. Raises ConsentRefusedError for one not signed then."""
    valid = valid_at(versions, site, signed_on)
    for one in valid:
        if same_version(one.id, version):
            return one.id
    known = ", ".join(one.id for one in valid) or "none yet"
    raise ConsentRefusedError(
        f"Version {version} was not signed at {site} on {signed_on}.",
        mend=f"Signed there by then: {known}.",
        word="unknown",
    )


def _demand_open(facts: ParticipantFacts) -> None:
    """Refuse somebody who is past agreeing to anything. Raises ConsentRefusedError."""
    status = standing(facts.statuses, facts.now, facts.events).status
    if status in FINAL:
        raise ConsentRefusedError(
            f"{facts.code} can agree to nothing any more: {status}.",
            mend="Whoever takes part again is enrolled anew.",
            word="ended",
        )


def _today(facts: ParticipantFacts) -> date:
    """The day where the participant lives."""
    return local_day(facts.now, zone(facts.zone))
