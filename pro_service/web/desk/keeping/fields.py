"""What the administrators' forms ask, and how what was typed is read."""

from __future__ import annotations

from typing import Final

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.domain.study.people import LoginError
from pro_service.domain.study.permissions import Role
from pro_service.services.desk.keeping import (
    Invitation,
    KeptSites,
    RoleOpensError,
    SiteNotKeptError,
)
from pro_service.services.study import AddressError, SiteWrongError, TakenError, UnclearNameError
from pro_service.store.account.keeping import SiteWords
from pro_service.web.desk.person.fields import Field, FieldError, Typed
from pro_service.web.desk.words import Words

WHOLE: Final = "*"
"""The whole study, where a site is chosen; no site has that for a code."""
_WRONG: Final[dict[type[Exception], tuple[str, str]]] = {
    LoginError: ("login", "login"),
    TakenError: ("login", "login_taken"),
    UnclearNameError: ("login", "login_unclear"),
    AddressError: ("email", "email"),
    SiteNotKeptError: ("site", "choice"),
}
REFUSALS: Final[tuple[type[Exception], ...]] = (*_WRONG, RoleOpensError)
"""What a form of an invitation or a role is refused for, and comes back with."""


def field_error(error: Exception) -> FieldError:
    """Which field is wrong, and the word for it."""
    if isinstance(error, RoleOpensError):
        return FieldError("reason", f"opens_{error.word}")
    return next(FieldError(*place) for kind, place in _WRONG.items() if isinstance(error, kind))


def invitation_fields(words: Words, sites: KeptSites) -> list[Field]:
    """What inviting somebody asks."""
    return [
        Field("login", "text", words.text("staff.login"), hint=words.text("staff.login_hint")),
        Field("name", "text", words.text("staff.name"), hint=words.text("staff.name_hint")),
        Field(
            "language",
            "choice",
            words.text("language.label"),
            [(one, words.text(f"language.name_{one}")) for one in LANGUAGES],
            first=[words.language],
        ),
        Field(
            "email",
            "text",
            words.text("staff.email"),
            hint=words.text("staff.email_hint"),
            required=False,
        ),
        *role_fields(words, sites),
    ]


def role_fields(words: Words, sites: KeptSites) -> list[Field]:
    """What giving a role asks: which, where, and why where it un-blinds."""
    roles = [(one.value, words.word("role", one)) for one in Role]
    places = [(one.code, f"{one.code} – {one.name}") for one in sites.sites]
    if sites.whole:
        places.append((WHOLE, words.text("studies.everywhere")))
    return [
        Field("role", "choice", words.text("staff.role"), roles),
        Field("site", "choice", words.text("staff.site"), places),
        Field(
            "reason",
            "words",
            words.text("staff.reason"),
            hint=words.text("staff.reason_hint"),
            required=False,
        ),
    ]


def read_invitation(typed: Typed) -> Invitation:
    """Who is to be invited. Raises FieldError."""
    role, site, reason = read_role(typed)
    return Invitation(
        login=typed.text("login"),
        name=typed.text("name"),
        language="zh_CN" if typed.choice("language", LANGUAGES) == "zh_CN" else "en",
        email=typed.text("email", optional=True),
        role=role,
        site=site,
        reason=reason,
    )


def read_role(typed: Typed) -> tuple[Role, str | None, str]:
    """Which role, at which site (None: in the whole study), why. Raises FieldError."""
    role = Role(typed.choice("role", [*Role]))
    site = typed.text("site")
    return role, None if site == WHOLE else site, typed.text("reason", optional=True)


def site_fields(words: Words, now: SiteWords) -> list[Field]:
    """What a site says of itself, and why that is corrected."""
    help_is = words.text("sites.emergency")
    return [
        Field("name", "text", words.text("sites.name"), first=[now.name]),
        Field("telephone", "tel", words.text("sites.telephone"), first=[now.telephone]),
        Field("emergency_number", "tel", help_is, first=[now.emergency_number]),
        Field("reason", "words", words.text("sites.reason")),
    ]


def sender_fields(words: Words, address: str) -> list[Field]:
    """From where a sender's texts come, and why that is corrected."""
    hint = words.text("sender.address_hint")
    return [
        Field("address", "text", words.text("sender.address"), hint=hint, first=[address]),
        Field("reason", "words", words.text("sites.reason")),
    ]


def site_error(error: SiteWrongError) -> FieldError:
    """Which of a site's words is wrong."""
    return FieldError(error.field, "empty" if error.field == "name" else "number")
