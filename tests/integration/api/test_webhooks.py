"""Webhooks out: what has happened is told, at least once, to whoever may know it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pro_service.domain.programs.webhooks import MOST_TRIES, Kind
from pro_service.messaging.webhooks import HttpWebhooks
from pro_service.services.rounds import webhook_round
from pro_service.services.study import staff
from pro_service.services.study.webhooks import (
    MadeWebhook,
    WebhookWish,
    add_webhook,
    end_webhook,
    list_dead,
    list_webhooks,
    retry,
)
from pro_service.store.pools import Pools
from tests.support.desk import leave_for_site, seed_alert, seed_site
from tests.support.programs import ANSWERS, seed_key
from tests.support.seed import ACTOR, SeededParticipant, seed_injection


@dataclass
class Receiver:
    """A program that is told; answers what it is bidden to."""

    url: str = ""
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """What it was told of, in order."""
        return [json.loads(body)["kind"] for _, body in self.got]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    async def take(request: web.Request) -> web.Response:
        receiver.got.append((dict(request.headers), await request.read()))
        headers = {"Location": "/elsewhere"} if 300 <= receiver.status < 400 else {}
        return web.Response(status=receiver.status, headers=headers)

    app = web.Application()
    app.router.add_post("/hook", take)
    server: TestServer = TestServer(app, access_log=None)
    async with server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


@dataclass
class Told:
    """A webhook that leads to a receiver, and the worker that tells it."""

    who: SeededParticipant
    pools: Pools
    http: HttpWebhooks
    receiver: Receiver
    made: MadeWebhook

    async def round(self) -> None:
        """All that is due now, once every transaction before has ended."""
        study = self.who.study
        while await webhook_round(self.pools.worker, study.context, self.http):
            pass

    async def later(self) -> None:
        """What waits is due, and told."""
        await self.who.study.owner.execute(
            "UPDATE pro.webhook_deliveries SET due_at = clock_timestamp()"
        )
        await self.round()


@pytest.fixture
async def told(participant: SeededParticipant, pools: Pools) -> AsyncIterator[Told]:
    """A program of S1 that is told of everything."""
    study = participant.study
    await seed_key(study)
    http = HttpWebhooks()
    async with receiving() as receiver:
        wish = WebhookWish("registry", receiver.url, frozenset(Kind), private=True)
        made = await add_webhook(study.owner, study.context, study.id, wish, actor=ACTOR)
        yield Told(participant, pools, http, receiver, made)
        await http.close()


async def test_what_happens_is_told_once_signed_with_an_id_and_a_kind(told: Told) -> None:
    who, study = told.who, told.who.study
    await told.round()
    assert told.receiver.got == []  # What was before it began is not told.
    await seed_injection(who)
    await seed_alert(who, who.assessments["baseline", "pain-nrs", "left_knee"])
    await told.round()
    await told.round()
    assert sorted(told.receiver.kinds) == ["alert.raised", "event.recorded"]
    for headers, body in told.receiver.got:
        assert json.loads(body).keys() == {"kind", "id"}
        assert json.loads(body)["id"] == str(who.id)
        signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        digest = hmac.new(told.made.secret.encode(), signed, hashlib.sha256).digest()
        assert headers["Webhook-Signature"] == f"v1,{b64encode(digest).decode()}"
        assert "Cookie" not in headers
    kept = await study.owner.fetchval("SELECT to_jsonb(w)::text FROM pro.webhooks AS w")
    assert told.made.secret not in kept


async def test_what_is_not_taken_is_tried_again_and_at_last_kept_as_dead(told: Told) -> None:
    study = told.who.study
    await seed_injection(told.who)
    for status in (500, 302, 404):
        told.receiver.status = status
        await told.later()
    assert len(told.receiver.got) == 3  # No redirection is followed.
    (row,) = await list_webhooks(study.owner, study.id)
    assert (row.waiting, row.delivered, row.dead) == (1, 0, 0)
    await told.round()
    assert len(told.receiver.got) == 3  # Not due again yet.

    for _ in range(MOST_TRIES - 3):
        await told.later()
    (dead,) = await list_dead(study.owner, study.id)
    assert (dead.kind, dead.tries, dead.fault) == ("event.recorded", MOST_TRIES, "answered 404")
    await told.later()
    assert len(told.receiver.got) == MOST_TRIES

    assert await retry(study.owner, study.id, str(told.made.id)) == 1
    told.receiver.status = 200
    await told.round()
    (row,) = await list_webhooks(study.owner, study.id)
    assert (row.waiting, row.delivered, row.dead) == (0, 1, 0)
    long_ago = "UPDATE pro.webhook_deliveries SET delivered_at = delivered_at - interval '8 days'"
    await study.owner.execute(long_ago)
    await told.round()
    assert await study.owner.fetchval("SELECT count(*) FROM pro.webhook_deliveries") == 0
    # Each try carried the same id, by which a receiver knows a copy.
    assert len({headers["Webhook-Id"] for headers, _ in told.receiver.got}) == 1


async def test_whoever_died_in_a_call_leaves_it_to_the_next(told: Told) -> None:
    study = told.who.study
    await seed_injection(told.who)

    class Dying(HttpWebhooks):
        async def post(self, post: Any) -> None:
            raise RuntimeError("the process ends here")

    with pytest.raises(RuntimeError):
        await webhook_round(told.pools.worker, study.context, Dying())
    await told.round()
    assert told.receiver.got == []  # Its lease still stands.
    await told.later()
    assert told.receiver.kinds == ["event.recorded"]


async def test_nothing_is_told_of_whom_the_program_does_not_see(
    told: Told, owner: asyncpg.Connection
) -> None:
    who, study = told.who, told.who.study
    await owner.execute(
        "INSERT INTO pro.restrictions (study_id, id, participant_id, restricted, reason, actor)"
        " VALUES ($1, gen_random_uuid(), $2, true, $3, 'staff:x')",
        *(study.id, who.id, f"note:{who.id}"),
    )
    await seed_injection(who)
    await seed_alert(who, who.assessments["baseline", "pain-nrs", "left_knee"])
    await told.round()
    assert told.receiver.kinds == ["alert.raised"]  # Of somebody restricted, safety alone.

    await leave_for_site(who, await seed_site(study, "S2"))
    await seed_alert(who, who.assessments["baseline", "pga", "person"])
    await told.round()
    assert len(told.receiver.got) == 1
    await staff.end_membership(owner, study.id, login=ANSWERS, reason="left")
    await told.round()
    await end_webhook(owner, study.id, str(told.made.id), reason="over", actor=ACTOR)
    await told.round()
    assert len(told.receiver.got) == 1


async def test_a_generation_of_the_record_begins_anew_without_a_gap(
    told: Told, owner: asyncpg.Connection
) -> None:
    await seed_injection(told.who)
    # As after a restore into a server whose transactions are counted from lower numbers.
    await owner.execute("SELECT pro.begin_audit_generation('restored')")
    await owner.execute("UPDATE pro.webhook_cursors SET xact_id = xact_id")
    await seed_alert(told.who, told.who.assessments["baseline", "pain-nrs", "left_knee"])
    await told.round()
    assert told.receiver.kinds == ["event.recorded", "alert.raised"]
