"""What is run every minute or second costs the same, however many take part.

The bounds are a few pages where tables of a large study have thousands: nothing that grows with a
study fits below them.
"""

from __future__ import annotations

from datetime import timedelta

from tests.support.large import LargeStudy
from tests.support.large.plans import Case, faults

LOOKED_AT = 20
"""Participants of the large study who are due for a look."""
PERIODIC = (
    Case("texting/reminders", "list_due", "pro_worker", 40, (5,)),  # of however many are due
    Case("texting/reminders", "next_due", "pro_worker", 20),
    Case("texting/messages", "list_retries", "pro_worker", 100, (["simulator"], 200)),
    Case("texting/messages", "list_ambiguous", "pro_worker", 100, (["simulator"], 300.0, 200)),
    Case(
        "texting/messages", "list_unheard_replies", "pro_worker", 100, (["simulator"], 300.0, 200)
    ),
    Case("texting/messages", "mark_overdue_ambiguous", "pro_worker", 1_500),
    Case("texting/messages", "mark_expired", "pro_worker", 1_500, (["simulator"],)),
    Case("receiving/pushes", "claim_push", "pro_provider", 20, (["aliyun"], 60.0, 8)),
    Case("texting/reminders", "close_calls_over", "pro_worker", 100),
    Case("calling/looks", "list_call_looks", "pro_worker", 100 * LOOKED_AT),
    Case(
        "answering/answers",
        "look_at_closings",
        "pro_worker",
        100 * LOOKED_AT,
        but=frozenset({"participant_revisions"}),
    ),
    Case("calling/escalation", "list_unseen_alerts", "pro_worker", 200, (200,)),
    Case("calling/escalation", "list_unassessed_alerts", "pro_worker", 200, ("{x}", 200)),
    Case("calling/notices", "list_alerts_to_tell", "pro_worker", 200, (200, timedelta(minutes=2))),
    Case("calling/escalation", "list_unread_warnings", "pro_worker", 200, (200,)),
    Case("calling/escalation", "close_calls_read", "pro_worker", 100),
    Case("pages/handover", "list_idle_tablets", "pro_worker", 20, (200,)),
    Case("base/key_check", "list_wrapping_keys", "pro_participant", 20),
    Case("base/key_check", "list_index_keys", "pro_participant", 30),
    Case("base/key_check", "list_link_keys", "pro_participant", 40),
)


async def test_periodic_queries_touch_only_what_is_due(own_large: tuple[str, LargeStudy]) -> None:
    url, study = own_large
    found = await faults(url, PERIODIC, study)
    assert not found, "\n".join(found)
