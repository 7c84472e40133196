"""Simulated staff: they sit at the desk at their hours, see to alerts, and ring who fell silent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.follow_up.alert_steps import SERIOUS, Verdict
from pro_service.domain.study.reaching.call_outcomes import CallOutcome
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.alerts import AssessmentSaid, assess_alert, close_alert, see_alert
from pro_service.services.desk.calls import CallSaid, close_call
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.sign_in import Whence, find_session, sign_in
from pro_service.services.study.passwords import Passwords
from pro_service.store.desk.desk import OpenAlert, OpenCall, list_open_alerts, list_open_calls
from pro_service.store.pools import Pools

AT_THE_DESK: Final = (time(9, 11), time(14, 41))
"""When staff look at what is to be done, each day, in the zone of their site."""
ASSESSED_AFTER: Final = timedelta(hours=4)
"""An alert is seen at the first look, assessed at one so much later, closed at the next."""
SHARE_OF_EVENTS: Final = 0.3
RUNG_AFTER: Final = timedelta(hours=12)
LEFT_FOR_THE_VISITOR: Final = timedelta(hours=36)
"""What came up so shortly before the end of the history waits for whoever opens the demo."""
MOST_AT_ONCE: Final = 50
"""Rows of a list that are worked at one look; the rest wait for the next."""
HERE: Final = Whence("127.0.0.1", "127.0.0.1")
TOLD: Final = "to rest the knee and to ring at once if it gets hot or fever comes"
ENDED: Final = "rang; knee looked at in the clinic the same day, better after two days"
SAID: Final[dict[CallOutcome, str]] = {
    CallOutcome.reached: "reached; will answer this evening",
    CallOutcome.no_answer: "rang twice, nobody answered",
    CallOutcome.not_needed: "has answered meanwhile",
}


class NotSeatedError(ProServiceError):
    """A simulated member of staff has signed in and belongs to no study."""


@dataclass(frozen=True)
class Staff:
    """A coordinator and an investigator at the desk, acting as the real ones do."""

    coordinator: Hands
    investigator: Hands
    study_id: UUID
    until: datetime
    """What came up from then on (study time, UTC) is left alone."""

    async def work(self, now: datetime) -> None:
        """See and assess alerts, and work the call list, at an instant of study time."""
        hands = self.coordinator
        async with at_desk(hands.desk, hands.seat) as connection:
            alerts = await list_open_alerts(connection, self.study_id, MOST_AT_ONCE)
            calls = await list_open_calls(connection, self.study_id, MOST_AT_ONCE)
        await self._see_to_alerts(alerts, now)
        await self._ring(calls, now)

    async def _see_to_alerts(self, alerts: Sequence[OpenAlert], now: datetime) -> None:
        """The three steps, each at a look of its own: seen, assessed, closed."""
        for alert in alerts:
            if alert.raised_at >= self.until:
                continue
            if alert.seen_at is None:
                await see_alert(self.coordinator, alert.id)
            if alert.stands is not None:
                await close_alert(self.investigator, alert.id, ENDED)
            elif alert.raised_at + ASSESSED_AFTER <= now:
                await assess_alert(self.investigator, alert.id, _assessment(alert))

    async def _ring(self, calls: Sequence[OpenCall], now: datetime) -> None:
        for call in calls:
            if call.created_at < min(self.until, now - RUNG_AFTER):
                outcome = _outcome(call.code, call.created_at)
                said = CallSaid(outcome, SAID[outcome])
                await close_call(self.coordinator, call.id, said)


def _assessment(alert: OpenAlert) -> AssessmentSaid:
    """What the investigator says an alert is: now and then an adverse event, with its reference."""
    chance = random.Random(f"{alert.code}:{alert.raised_at:%F %H}")
    if alert.rule in SERIOUS or chance.random() < SHARE_OF_EVENTS:
        verdict = Verdict.sae if alert.rule in SERIOUS else Verdict.ae
        return AssessmentSaid(verdict, f"AE-{chance.randrange(1000):03}", TOLD, None)
    return AssessmentSaid(Verdict.no_ae, "", TOLD, None)


def _outcome(code: str, at: datetime) -> CallOutcome:
    """What came of a call: the same for the same call, whatever the machine does."""
    outcomes = (CallOutcome.reached, *SAID)
    return random.Random(f"{code}:{at:%F %H}").choice(outcomes)


async def seat_staff(
    pools: Pools, context: ServiceContext, logins: tuple[str, str], password: str, until: datetime
) -> Staff:
    """Sign a coordinator and an investigator in. Raises SignInRefusedError, NotSeatedError."""
    coordinator, investigator = [await _sit(pools, context, one, password) for one in logins]
    return Staff(coordinator, investigator, coordinator.seat.study_id, until)


async def _sit(pools: Pools, context: ServiceContext, login: str, password: str) -> Hands:
    token = await sign_in(pools.desk, Passwords(), login=login, password=password, place=HERE)
    session = await find_session(pools.desk, token)
    if not isinstance(session, Seat):
        raise NotSeatedError
    return Hands(session, context, pools.desk, pools.clerk)
