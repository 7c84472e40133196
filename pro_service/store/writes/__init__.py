"""What write documents carry: one frozen record for each row, its fields the columns stored.

A guarded statement takes one JSON document; the document's class stands beside the statement's
function in `store/<package>/`, its lists hold the records below. A test compares the fields with
the columns of each `jsonb_to_recordset` of the statement. Ids are UUIDv7 made in Python, instants
aware UTC, `bytes` travel as hex. `actor` is who writes: participant:<code>, staff:<login> ...
"""

from __future__ import annotations

from pro_service.store.writes.answers import (
    AlertRow,
    AttemptRow,
    Authentication,
    DoorRow,
    QueryRow,
    ReportRow,
    ResponseRow,
    ScoreRow,
    VisitDoneRow,
)
from pro_service.store.writes.people import (
    CardRow,
    ErasureRow,
    EventRow,
    FurtherConsentRow,
    IdentityRow,
    KeptWordsRow,
    PreferenceRow,
    RestrictionRow,
    StatusRow,
)
from pro_service.store.writes.reminders import (
    CallRow,
    EndedReminderRow,
    LineCallRow,
    MovedReminderRow,
    ReminderRow,
)
from pro_service.store.writes.settling import SettlementRow
from pro_service.store.writes.tablets import HandoverRow, TabletStepRow
from pro_service.store.writes.texts import (
    ConversationRow,
    FocusRow,
    InboundRow,
    InvitationRow,
    LineConversationRow,
    LineRow,
    OptOutRow,
    ReminderMessageRow,
    ReplyMessageRow,
    TextAlertRow,
)
from pro_service.store.writes.undoing import ReopenedCallRow, UndoneRow
from pro_service.store.writes.visits import (
    AssessmentRow,
    ReclosedVisitRow,
    SafetyEndRow,
    VisitRow,
)

__all__ = [
    "AlertRow",
    "AssessmentRow",
    "AttemptRow",
    "Authentication",
    "CallRow",
    "CardRow",
    "ConversationRow",
    "DoorRow",
    "EndedReminderRow",
    "ErasureRow",
    "EventRow",
    "FocusRow",
    "FurtherConsentRow",
    "HandoverRow",
    "IdentityRow",
    "InboundRow",
    "InvitationRow",
    "KeptWordsRow",
    "LineCallRow",
    "LineConversationRow",
    "LineRow",
    "MovedReminderRow",
    "OptOutRow",
    "PreferenceRow",
    "QueryRow",
    "ReclosedVisitRow",
    "ReminderMessageRow",
    "ReminderRow",
    "ReopenedCallRow",
    "ReplyMessageRow",
    "ReportRow",
    "ResponseRow",
    "RestrictionRow",
    "SafetyEndRow",
    "ScoreRow",
    "SettlementRow",
    "StatusRow",
    "TabletStepRow",
    "TextAlertRow",
    "UndoneRow",
    "VisitDoneRow",
    "VisitRow",
]
