"""The fields of the enrolment form: the columns of the file, each with what may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.services.base.phones import example_of
from pro_service.services.visits.enrolment_cells import COLUMNS, OPTIONAL_COLUMNS
from pro_service.store.desk.desk import DeskSite
from pro_service.web.desk.person.fields import Field, FieldKind
from pro_service.web.desk.words import Words

REASON: Final = "reason"
NAMES: Final = (*COLUMNS, *OPTIONAL_COLUMNS)
_KINDS: Final[dict[str, FieldKind]] = {
    "site": "choice",
    "phone": "tel",
    "language": "choice",
    "channel": "choice",
    "consent_on": "day",
    "messaging_consent": "choice",
    "cross_border_consent": "choice",
    "caregiver_consent": "choice",
    "treated_knees": "choice",
    "planned_injection_on": "day",
}
_MAY_STAY_EMPTY: Final = ("zone", "planned_injection_on", *OPTIONAL_COLUMNS)
_HINTED: Final = (
    "code",
    "phone",
    "zone",
    "planned_injection_on",
    "year_of_birth",
    "cross_border_consent",
)


def enrolment_fields(words: Words, sites: Sequence[DeskSite]) -> list[Field]:
    """The fields in the order people are asked, with the words of the reader's language."""
    options: dict[str, list[tuple[str, str]]] = {
        "site": [(site.code, f"{site.code} – {site.name}") for site in sites],
        "language": [(one, words.word("language", one)) for one in LANGUAGES],
        "channel": [(one, words.word("channel", one)) for one in ("text", "link")],
        **{
            name: [(one, words.text(f"enrol.{one}")) for one in ("yes", "no")]
            for name in ("messaging_consent", "cross_border_consent", "caregiver_consent")
        },
        "treated_knees": [(one, words.text(f"enrol.{one}")) for one in ("left", "right", "both")],
    }
    numbers = ", ".join(dict.fromkeys(example_of(site.country) for site in sites))
    hints = {name: words.text(f"enrol.hint.{name}", example=numbers) for name in _HINTED}
    first = {"site": [sites[0].code]} if len(sites) == 1 else {}
    return [
        *(
            Field(
                name,
                _KINDS.get(name, "text"),
                words.text(f"enrol.column.{name}"),
                options.get(name, ()),
                hints.get(name),
                required=name not in _MAY_STAY_EMPTY,
                first=first.get(name, ()),
            )
            for name in NAMES
        ),
        Field(
            REASON,
            "words",
            words.text("enrol.reason"),
            hint=words.text("enrol.reason_hint"),
            required=False,
        ),
    ]
