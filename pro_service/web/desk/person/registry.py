"""Every small form about one participant, in the order the row of actions shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.web.desk.consenting.sheets import CONSENT, CONSENT_PART
from pro_service.web.desk.letters import (
    EMAIL,
    EMAIL_CHANGE,
    EMAIL_LETTER,
    addresses_of,
    letters_go,
    waiting_of,
)
from pro_service.web.desk.person.asking import ASK, EXTRA
from pro_service.web.desk.person.happenings import EVENT
from pro_service.web.desk.person.joining import FIRST_TEXT
from pro_service.web.desk.person.own_events import OWN_EVENT
from pro_service.web.desk.person.queries import SHEETS_OF_RECORD
from pro_service.web.desk.person.reach import (
    AGREEMENT,
    CONFIRM,
    CONTACT,
    END,
    FIRST,
    NUMBER,
    OPT_IN,
    OPT_OUT,
)
from pro_service.web.desk.person.restricting import RESTRICTION
from pro_service.web.desk.person.sheets import Sheet
from pro_service.web.desk.person.standing import STATUS
from pro_service.web.desk.person.visit_day import DAY
from pro_service.web.desk.person.wishes import NOTE, SETTINGS, SITE
from pro_service.web.desk.person.writing import WRITE

FIRST_ROW: Final = (ASK, WRITE, EXTRA, EVENT, OWN_EVENT, NUMBER, STATUS, NOTE)
"""What is done most often."""
MORE: Final = (
    FIRST_TEXT,
    CONTACT,
    CONFIRM,
    EMAIL,
    EMAIL_CHANGE,
    EMAIL_LETTER,
    AGREEMENT,
    FIRST,
    END,
    OPT_IN,
    OPT_OUT,
    SETTINGS,
    CONSENT,
    CONSENT_PART,
    DAY,
    SITE,
    RESTRICTION,
)
SHEETS: Final[tuple[Sheet, ...]] = (*FIRST_ROW, *MORE, *SHEETS_OF_RECORD)

_USE: Final[dict[str, Callable[[ParticipantFacts], bool]]] = {
    FIRST_TEXT.name: lambda facts: (
        bool(facts.contacts)
        and (facts.last_reminder_text_at is None or not facts.contacts[0].confirmed)
    ),
    CONFIRM.name: lambda facts: any(
        one.kind == "phone" and not one.confirmed and not one.wrong for one in facts.contacts
    ),
    EMAIL.name: letters_go,
    EMAIL_CHANGE.name: lambda facts: bool(addresses_of(facts)),
    EMAIL_LETTER.name: lambda facts: bool(waiting_of(facts)),
    AGREEMENT.name: lambda facts: any(not one.is_own for one in facts.contacts),
    FIRST.name: lambda facts: len(facts.contacts) > 1,
    END.name: lambda facts: bool(facts.contacts),
    OPT_IN.name: lambda facts: any(one.opted_out_at is not None for one in facts.contacts),
    CONSENT_PART.name: lambda facts: facts.consent is not None,
    OPT_OUT.name: lambda facts: any(one.opted_out_at is None for one in facts.contacts),
}
"""Actions that have something to act on only sometimes."""


def is_of_use(sheet: Sheet, facts: ParticipantFacts, protocol: Protocol) -> bool:
    """Whether there is anything for a sheet to act on."""
    if sheet is OWN_EVENT:
        return bool(protocol.coming.own_event)
    of_use = _USE.get(sheet.name)
    return of_use is None or of_use(facts)
