"""`pro-service provider check twilio`: all right on a right account, and each fault named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.messaging import checking
from pro_service.messaging.twilio import account, check
from pro_service.messaging.twilio.check import inbound_webhook
from pro_service.messaging.twilio.gateway import TwilioGateway
from pro_service.services.study.senders import senders_elsewhere
from pro_service.store.pools import connect
from pro_service.store.texting.sending import list_senders_elsewhere
from tests.support.command import Commands, Finished
from tests.support.study import SENDER, open_trial, row
from tests.support.twilio.account import OwnedNumber, OwnedService
from tests.support.twilio.fake import TOKEN, TwilioFake
from tests.support.twilio.taken import ACCOUNT

PUBLIC = "https://study.example.org"
SERVICE = "MG" + "c" * 32
WEBHOOK = inbound_webhook(PUBLIC)


@dataclass
class Account:
    """The command on a database with one site and one participant, and the account it asks."""

    commands: Commands
    fake: TwilioFake
    folder: Path

    async def check(self, **settings: str | None) -> Finished:
        return await self.commands.call("provider", "check", "twilio", environment=settings)

    async def enrol(self, number: str) -> None:
        cells = row(
            "K-001", site="US01", phone=number, consent_on="2026-01-04", planned_injection_on=""
        )
        file = self.folder / "people.csv"
        text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        done = await self.commands.call("enrol", "--csv", str(file))
        assert done.code == 0, done.err


@pytest.fixture
async def twilio(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Account]:
    """A right account. No test reaches the public address: its answer is stood in for."""

    async def healthy(_: str) -> str | None:
        return None

    monkeypatch.setattr(checking, "ask_health", healthy)
    fake = TwilioFake()
    fake.settings.numbers.append(OwnedNumber(SENDER, webhook=WEBHOOK))
    async with TestServer(fake.application(), access_log=None) as server:
        commands = Commands(
            database_url,
            gateway="twilio",
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_api_base=str(server.make_url("")).rstrip("/"),
            public_url=PUBLIC,
        )
        await add_site(commands, SENDER)
        yield Account(commands, fake, tmp_path)
        assert fake.taken == []
        assert all(each.startswith("GET ") for each in fake.settings.asked)


async def add_site(commands: Commands, sender: str, code: str = "US01") -> None:
    if code == "US01":
        await commands.call("protocol", "load", str(example_protocol_file()))
    done = await commands.call(
        *("site", "add", code, "--name", "One", "--zone", "America/New_York", "--country", "us"),
        *("--telephone", "+12025550198", "--emergency-number", "911", "--sender", sender),
    )
    assert done.code == 0, done.err


async def test_a_right_account_is_right_in_every_line_and_nothing_is_sent(twilio: Account) -> None:
    twilio.fake.settings.services.append(
        OwnedService(SERVICE, webhook=WEBHOOK, pool=[OwnedNumber("+12025550188")])
    )
    await add_site(twilio.commands, SERVICE, "US02")
    empty = await twilio.check()
    assert (empty.code, "note  countries: nobody is enrolled yet." in empty.out) == (0, True)
    await twilio.enrol("+12025550101")
    done = await twilio.check()
    assert (done.code, done.err) == (0, "")
    *lines, last = done.out.splitlines()
    assert last == "All is right."
    assert len(lines) == 8
    assert all(line.startswith("ok ") for line in lines)
    assert lines[-1].startswith("ok    country US (1 enrolled): texts may go there")


async def test_what_is_wrong_is_printed_with_its_mend_and_exit_code_1(twilio: Account) -> None:
    twilio.fake.settings.numbers[0].webhook = ""
    done = await twilio.check()
    assert (done.code, done.err) == (1, "")
    lines = done.out.splitlines()
    (place,) = [n for n, line in enumerate(lines) if line.startswith("wrong ")]
    assert lines[place] == f"wrong webhook of {SENDER}: is not set: no reply reaches this service."
    assert lines[place + 1] == f"      Set it to {WEBHOOK}, method POST."
    assert lines[-1] == "1 to mend."


@dataclass
class Asked:
    """The account alone, asked through the gateway."""

    fake: TwilioFake
    gateway: TwilioGateway

    async def wrong(self, sender: str) -> list[str]:
        findings = await account.check_twilio(self.gateway, [sender], PUBLIC)
        assert all(one.mend for one in findings if one.level == "wrong")
        return [one.said for one in findings if one.level == "wrong"]


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    """A right account."""
    fake = TwilioFake()
    fake.settings.numbers.append(OwnedNumber(SENDER, webhook=WEBHOOK))
    async with TestServer(fake.application(), access_log=None) as server:
        base = str(server.make_url("")).rstrip("/")
        gateway = TwilioGateway(ACCOUNT, SecretStr(TOKEN), api_base=base)
        yield Asked(fake, gateway)
        await gateway.close()
        assert fake.calls == 0


WRONGS: list[tuple[str, object, str]] = [
    ("status", "suspended", "the account is suspended"),
    ("numbers", [], "is no number of this account"),
    ("sms", False, "cannot send texts"),
    ("webhook", "https://old.example/sms", "points to https://old.example/sms"),
    ("webhook", f"{PUBLIC}/hooks/twilio/inbound/", "points to"),
    ("webhook", WEBHOOK.partition("#")[0], "lacks #rc=5&rp=all"),
    ("webhook", WEBHOOK.replace("rc=5", "rc=1"), "lacks #rc=5&rp=all"),
    ("method", "GET", "uses GET"),
    ("application", "AP1", "go to a TwiML application"),
    ("broken", True, "could not be asked (HTTP 500)"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONGS)
async def test_every_fault_of_account_and_number_is_found(
    asked: Asked, name: str, value: object, said: str
) -> None:
    settings = asked.fake.settings
    spoilt: object = settings if hasattr(settings, name) else settings.numbers[0]
    assert await asked.wrong(SENDER) == []
    setattr(spoilt, name, value)
    (found,) = await asked.wrong(SENDER)
    assert said in found


@pytest.mark.parametrize(
    ("service", "said"),
    [
        (None, "is no Messaging Service of this account"),
        (OwnedService(SERVICE, webhook=WEBHOOK), "has no number that can send texts"),
        (
            OwnedService(SERVICE, webhook=WEBHOOK, pool=[OwnedNumber("+12025550188", sms=False)]),
            "has no number that can send texts",
        ),
        (OwnedService(SERVICE, pool=[OwnedNumber("+12025550188")]), "is not set"),
        (
            OwnedService(
                SERVICE, webhook=WEBHOOK, by_number=True, pool=[OwnedNumber("+12025550188")]
            ),
            "each number's own webhook",
        ),
    ],
)
async def test_every_fault_of_a_messaging_service_is_found(
    asked: Asked, service: OwnedService | None, said: str
) -> None:
    if service is not None:
        asked.fake.settings.services.append(service)
    (found,) = await asked.wrong(SERVICE)
    assert said in found


async def test_a_twilio_that_does_not_answer_is_not_waited_for(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "BOUND_SECONDS", 0.2)
    asked.fake.settings.slow_seconds = 5
    assert await asked.wrong(SENDER) == ["could not be asked (TimeoutError)"]


async def test_wrong_or_missing_settings_are_lines_too(twilio: Account) -> None:
    for settings, said in (
        ({"PRO_TWILIO_AUTH_TOKEN": "f" * 32}, "Twilio refuses them"),
        ({"PRO_TWILIO_AUTH_TOKEN": None}, "PRO_TWILIO_AUTH_TOKEN is not set"),
        ({"PRO_GATEWAY": "simulator"}, "PRO_GATEWAY: is simulator"),
        ({"PRO_PUBLIC_URL": "http://127.0.0.1:8080"}, "no address the provider can reach"),
        ({"PRO_PUBLIC_URL": "http://study.example.org"}, "is not https"),
    ):
        done = await twilio.check(**settings)
        assert (done.code, said in done.out) == (1, True), done.out
        assert TOKEN not in done.out


def test_countries_of_the_enrolled_say_what_may_be_sent_there() -> None:
    rules = load_channels()
    known = {code: rules.rule_for("sms", "twilio", code) for code in ("CN", "US", "ZZ")}
    china, right, unknown = check.check_countries({"US": 3, "ZZ": 1, "CN": 2}, known)
    assert (right.level, "3 reminders a day" in right.said) == ("ok", True)
    assert (unknown.level, "nothing is sent there" in unknown.said) == ("wrong", True)
    assert (china.level, "replies do not reach us, links" in china.said) == ("wrong", True)
    assert china.about == "country CN (2 enrolled)"


async def test_a_trial_account_is_a_note(twilio: Account) -> None:
    twilio.fake.settings.type = "Trial"
    done = await twilio.check()
    assert (done.code, "note  credentials: right, but a trial account" in done.out) == (0, True)
    first_name = await twilio.commands.call("twilio", "check")
    assert (first_name.code, first_name.out) == (0, done.out)


async def test_the_public_address_must_be_answered_by_this_service() -> None:
    async def ours(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def theirs(_: web.Request) -> web.Response:
        return web.Response(text="<html>parked</html>")

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    for handler, said in ((ours, None), (theirs, "something else"), (moved, "answers 302")):
        app = web.Application()
        app.router.add_get("/healthz", handler)
        async with TestServer(app, access_log=None) as server:
            failure = await checking.ask_health(str(server.make_url("")))
        if said is None:
            assert failure is None
        else:
            assert failure is not None
            assert said in failure
    failure = await checking.ask_health("http://127.0.0.1:1")
    assert failure is not None
    assert "does not answer" in failure


async def test_a_sender_added_under_another_provider_is_told_and_moved_openly(
    twilio: Account, database_url: str
) -> None:
    """N6: a site added, then PRO_GATEWAY=twilio: every text got 404, and nothing said why."""
    other = "+12025550177"
    before = twilio.commands.environment["PRO_GATEWAY"]
    twilio.commands.environment["PRO_GATEWAY"] = "simulator"
    await add_site(twilio.commands, other, "US02")
    twilio.commands.environment["PRO_GATEWAY"] = before
    twilio.fake.settings.numbers.append(OwnedNumber(other, webhook=WEBHOOK))
    done = await twilio.check()
    assert done.code == 1
    lines = done.out.splitlines()
    (place,) = [n for n, line in enumerate(lines) if line.startswith("wrong ")]
    assert f"sender {other}: belongs to simulator" in lines[place]
    assert "pro-service sender move" in lines[place + 1]
    refused = await twilio.commands.call("sender", "move", other)
    assert refused.code == 2
    moved = await twilio.commands.call("sender", "move", other, "--reason", "Twilio from June on")
    assert (moved.code, moved.err) == (0, "")
    assert (await twilio.check()).code == 0
    again = await twilio.commands.call("sender", "move", other, "--reason", "again")
    assert (again.code, "belongs to twilio already" in again.err) == (1, True)
    unknown = await twilio.commands.call("sender", "move", "+12025550170", "--reason", "typo")
    assert (unknown.code, f"Known: {SENDER}, {other}" in unknown.err) == (1, True)
    owner = await connect(database_url, role="pro_owner", actor="test:owner")
    try:
        kept = await owner.fetch(
            "SELECT s.provider, y.code, e.actor, e.reason FROM pro.senders AS s"
            " JOIN pro.sites AS y ON y.id = s.site_id JOIN pro.audit_entries AS e"
            " ON e.table_name = 'senders' AND e.row_ids ? s.id::text"
            " WHERE s.address = $1 ORDER BY s.id",
            other,
        )
    finally:
        await owner.close()
    assert [(one["provider"], one["code"], one["reason"]) for one in kept] == [
        ("simulator", "US02", None),
        ("twilio", "US02", "Twilio from June on"),
    ]
    assert kept[1]["actor"].startswith("cli:")


async def test_the_start_says_that_senders_belong_to_another_provider(database_url: str) -> None:
    """N6: said before the first text is refused."""
    async with open_trial(database_url) as trial:
        found = await list_senders_elsewhere(trial.pools.worker, ["twilio"])
        (line,) = senders_elsewhere(found, "twilio")
        assert line.startswith(f"No text goes out from {SENDER} (")
        assert f"pro-service sender move {SENDER}" in line
        assert await list_senders_elsewhere(trial.pools.worker, ["simulator", "twilio"]) == []
