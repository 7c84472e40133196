"""E-mail to participants over a real mail server: proven, written to, stopped, returned."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from pydantic import SecretStr

from pro_service.domain.delivery.addresses import read_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.domain.delivery.templates import telling_words
from pro_service.domain.study.reaching.first_texts import FirstTextRefusedError
from pro_service.messaging.email.gateway import EmailGateway
from pro_service.messaging.email.wire import Returns
from pro_service.messaging.gateway import NotAcceptedError, OutboundText, RejectedError
from pro_service.messaging.gateways import Gateways
from pro_service.messaging.smtp.transport import MailServer
from pro_service.services import keeping, rounds
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.senders import (
    NewSender,
    OtherChannelError,
    add_sender,
    move_sender,
)
from pro_service.services.texting.contacts import (
    Newcomer,
    add_contact,
    list_contacts,
    mark_wrong,
)
from pro_service.services.texting.proving.letters import send_proof
from pro_service.store.ids import new_id
from pro_service.store.journal import journal_in, read_journal
from pro_service.store.keeping import holds
from pro_service.store.pools import connect
from tests.support.example import example_study
from tests.support.providers.mail_server import PASSWORD, USER, Fault, MailBox, mail_server
from tests.support.study import ACTOR, SENDER, Trial, open_trial, row

OURS: Final = "followup@study.example"
THEIRS: Final = "wang@home.example"
RETURNS: Final = "back@study.example"
MARK: Final = SecretStr("a secret of these tests")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SENT: Final = (
    "SELECT m.id, m.provider, s.address, r.ordinal FROM pro.messages AS m"
    " JOIN pro.lines AS l ON l.id = m.line_id JOIN pro.senders AS s ON s.id = l.sender_id"
    " JOIN pro.reminders AS r ON r.message_id = m.id ORDER BY m.id"
)
"""Reminders that went out: by whom, and from where."""
FORGET: Final = (
    "DELETE FROM message_keys WHERE message_id = $1",
    "UPDATE reminders SET ended_at = NULL, end_reason = NULL, message_id = NULL"
    " WHERE message_id = $1",
    "DELETE FROM reminders AS r USING reminders AS o WHERE r.visit_id = o.visit_id"
    " AND r.ordinal > 2 AND o.message_id IS DISTINCT FROM $1",
    "DELETE FROM messages WHERE id = $1",
)
FORGET_LINE: Final = (
    "DELETE FROM message_keys AS k USING messages AS m"
    " WHERE m.id = k.message_id AND m.line_id = $1",
    "DELETE FROM messages WHERE line_id = $1",
    "DELETE FROM lines WHERE id = $1",
)
"""What a backup lacks of a letter that went after it; and of the first there."""


def gateway_to(box: MailBox) -> EmailGateway:
    """Our gateway to the mail server of a test."""
    secret = SecretStr(PASSWORD)
    server = MailServer("127.0.0.1", box.port, "starttls", USER, secret, box.authorities)
    return EmailGateway(server, RETURNS, MARK)


@asynccontextmanager
async def writing(database_url: str, folder: Path) -> AsyncIterator[tuple[Trial, MailBox]]:
    """A trial whose protocol names a text first and then e-mail, with a mail server beside it."""
    async with mail_server(folder) as box, open_trial(database_url) as trial:
        email = gateway_to(box)
        trial.context.gateways = Gateways.holding(trial.gateway, email)
        loaded = example_study()
        messaging = loaded.protocol.messaging.model_copy(update={"by": ("text", "email")})
        protocol = loaded.protocol.model_copy(update={"messaging": messaging})
        await load_protocol(
            *(trial.operator, trial.context, protocol, loaded.text, "0" * 64), actor=ACTOR
        )
        new = NewSender("email", OURS, "BJ01")
        await add_sender(
            *(trial.operator, trial.context.channels, trial.study_id, new), actor=ACTOR
        )
        await trial.enrol(row("K-001", channel="link"))
        yield trial, box


async def give_address(trial: Trial) -> None:
    """The participant names an address of their own."""
    nothing = Agreed(may_be_texted=False, may_be_told=False, agreed_on=None)
    new = Newcomer(read_address("email", THEIRS), "self", nothing)
    await add_contact(trial.who("K-001"), new, ACTOR, "named it at the visit")


async def prove(trial: Trial, box: MailBox) -> str:
    """The letter goes out and its reader says yes; the letter's page."""
    await send_proof(trial.who("K-001"), ACTOR, which=2)
    await trial.retry_now()
    page = re.search(r"http://\S+/e/[a-z2-7]+", words(box))
    assert page is not None
    async with aiohttp.ClientSession() as session, session.post(page[0]) as answer:
        assert answer.status == HTTPStatus.OK
    return page[0]


def words(box: MailBox) -> str:
    """What the last letter says, its lines unfolded."""
    said: str = box.letters[-1].get_content()
    return said


async def next_letter(trial: Trial, box: MailBox) -> int:
    """Go to the reminder that is a letter; how many letters there are then."""
    await trial.ask()
    assert await trial.count("messages", "provider = 'email'") == 2
    return len(box.letters)


async def states(trial: Trial) -> list[tuple[Any, ...]]:
    """Where every letter stands."""
    return await trial.fetch(
        "SELECT kind, state, error_code FROM messages WHERE provider = 'email' ORDER BY id"
    )


async def test_an_address_is_proven_written_to_in_turn_and_stopped_alone(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box):
        await give_address(trial)
        assert (await list_contacts(trial.who("K-001")))[1].why_not == "number_unconfirmed"
        page = await prove(trial, box)
        (hello,) = box.letters
        assert (hello["To"], hello["From"]) == (THEIRS, OURS)
        assert (await trial.facts("K-001")).contacts[1].confirmed
        assert await trial.fetch(
            "SELECT closed_by, outcome FROM call_tasks WHERE reason = 'confirm_number'"
        ) == [("participant:K-001", "a letter's page was answered")]
        with pytest.raises(FirstTextRefusedError):
            await send_proof(trial.who("K-001"), ACTOR, which=2)

        # The first reminder is a text, the second a letter: the protocol says so.
        await trial.ask()
        assert (len(await trial.texts("K-001")), len(box.letters)) == (1, 1)
        assert await next_letter(trial, box) == 2
        letter = box.letters[-1]
        assert telling_words(f"{letter['Subject']} {letter['From']}") == []
        assert "/q/" in words(box)
        assert "womac" not in words(box).lower()
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert await states(trial) == [("first", "accepted", None), ("reminder", "accepted", None)]

        # To look at the page stops nothing; one click of a mail program does, twice as well.
        stop = letter["List-Unsubscribe"].strip("<>")
        assert stop != f"{page}/stop"
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(stop) as looked:
                    assert looked.status == HTTPStatus.OK
            # One letter wrong, and it says that the link does not work, not that nothing is asked.
            # (The last letter has bits that say nothing.)
            wrong = f"{page[:-8]}{'a' if page[-8] != 'a' else 'b'}{page[-7:]}"
            async with session.get(wrong) as nowhere:
                assert nowhere.status == HTTPStatus.NOT_FOUND
                assert "This link does not work" in await nowhere.text()
            assert await trial.count("opt_outs") == 0
            for _ in range(2):
                one_click = {"List-Unsubscribe": "One-Click"}
                async with session.post(stop, data=one_click) as answered:
                    assert answered.status == HTTPStatus.OK
            wrong = f"{stop[:-8]}aaa/stop"
            async with session.post(wrong) as refused:
                assert refused.status == HTTPStatus.NOT_FOUND
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
        phone, email = (await trial.facts("K-001")).contacts
        assert (phone.opted_out_at, email.opted_out_at is None) == (None, False)
        assert (await list_contacts(trial.who("K-001")))[0].texted
        # A sender of texts never becomes one of letters.
        to = NewSender("email", OURS)
        with pytest.raises(OtherChannelError):
            await move_sender(
                *(trial.operator, trial.context.channels, trial.study_id, SENDER, to),
                actor=ACTOR,
                reason="by mistake",
            )


async def test_an_address_that_is_proven_ends_the_call_for_another_way(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box):
        await give_address(trial)
        assert not await mark_wrong(trial.who("K-001"), 1, ACTOR, "a shop answered")
        another_way = "SELECT closed_by, outcome FROM call_tasks WHERE reason = 'another_way'"
        assert await trial.fetch(another_way) == [(None, None)]
        await prove(trial, box)
        assert await trial.fetch(another_way) == [("participant:K-001", "reached again")]


async def test_a_stop_by_text_silences_the_same_persons_letters(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box):
        await give_address(trial)
        await prove(trial, box)
        await trial.ask()
        await trial.says("K-001", "STOP")
        for _ in range(2):
            if await trial.count("reminders", "ended_at IS NULL"):
                await trial.ask()
        assert len(box.letters) == 1
        assert (await list_contacts(trial.who("K-001")))[1].why_not == "opted_out"


async def test_a_letter_that_did_not_come_back_is_a_way_that_works(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box):
        await give_address(trial)
        await prove(trial, box)
        trial.faults.unreachable.add(trial.phones["K-001"])
        for _ in range(2):
            await trial.ask()
        lost = "SELECT texts FROM pro.texts_in_a_row_lost((SELECT id FROM pro.studies))"
        assert await states(trial) == [("first", "accepted", None), ("reminder", "accepted", None)]
        # One more text that did not arrive, before that letter; then the letter comes back as well.
        await trial.owner_does("UPDATE messages SET state = 'failed' WHERE kind = 'first'")
        assert await trial.fetch(lost) == []
        await trial.owner_does(
            "UPDATE messages SET state = 'undelivered' WHERE kind = 'reminder' AND id ="
            " (SELECT id FROM pro.messages ORDER BY id DESC LIMIT 1)"
        )
        assert await trial.fetch(lost) == [(3,)]


async def test_a_letter_of_after_the_backup_is_kept_as_a_letter(
    database_url: str, tmp_path: Path
) -> None:
    with journal_in(tmp_path / "journal"):
        async with writing(database_url, tmp_path) as (trial, box):
            await give_address(trial)
            await prove(trial, box)
            await trial.ask()
            await next_letter(trial, box)
            lines = [one for one in read_journal(tmp_path / "journal", EPOCH).lines if one.nudges]
            assert [one.provider for one in lines] == ["simulator", "email"]
            before = await trial.fetch(SENT)
            # As if the letter, and then its line too, had never reached the backup.
            sent = (lines[1].message_id, lines[1].line_id)
            for forget in (FORGET, (*FORGET, *FORGET_LINE)):
                for statement in forget:
                    await trial.owner_does(statement, sent[forget.index(statement) > 3])
                hands = keeping.Hands(trial.operator, trial.pools.worker, trial.context)
                found = await keeping.replay(hands, [lines[1]])
                assert [(one.outcome, one.words) for one in found] == [
                    ("done", "a text was sent, and is not sent again")
                ]
                assert (await trial.fetch(SENT))[-1] == before[-1]
            assert len(box.letters) == 2
            owner = await connect(trial.url, role="pro_owner", actor="test:owner")
            await holds.insert_hold(owner, "restored", None, "cli:test")
            await owner.close()
            await trial.owner_does("UPDATE reminders SET due_at = pro.now() WHERE ended_at IS NULL")
            assert await trial.remind() == 0
            await trial.retry_now()
            assert len(box.letters) == 2


@pytest.mark.parametrize(
    ("fault", "state", "tries", "letters"),
    [("451", "accepted", 2, 2), ("cut", "unconfirmed", 1, 2)],
)
async def test_refused_for_now_goes_again_and_broken_off_never(
    database_url: str, tmp_path: Path, fault: Fault, state: str, tries: int, letters: int
) -> None:
    async with writing(database_url, tmp_path) as (trial, box):
        await give_address(trial)
        await prove(trial, box)
        await trial.ask()
        box.faults.append(fault)
        await next_letter(trial, box)
        for _ in range(2):
            await trial.retry_now()
        await trial.move(timedelta(minutes=6))
        await rounds.sweep_round(trial.pools.worker, trial.context)
        sql = "SELECT state, tries FROM messages WHERE provider = 'email' AND kind = 'reminder'"
        assert await trial.fetch(sql) == [(state, tries)]
        assert len(box.letters) == letters


async def test_each_answer_of_a_mail_server_is_told_apart(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as box:
        gateway = gateway_to(box)
        letter = OutboundText(
            message_id=new_id(),
            our_address=OURS,
            their_address=THEIRS,
            body="A subject\nAnd words.",
            status_callback="",
        )
        assert (await gateway.send(letter)).provider_id == letter.message_id.hex
        assert box.letters[0].get_content().strip() == "And words."
        faults: tuple[tuple[Fault, str, str], ...] = (
            ("recipient", "550", "bad_number"),
            ("550", "550", "hold"),
        )
        for fault, code, effect in faults:
            box.faults.append(fault)
            with pytest.raises(RejectedError) as refused:
                await gateway.send(letter)
            assert (refused.value.code, refused.value.effect) == (code, effect)
            assert THEIRS not in str(refused.value)
        with pytest.raises(RejectedError):
            await gateway.send(letter.model_copy(update={"their_address": "王@home.example"}))
        box.port = 1
        with pytest.raises(NotAcceptedError):
            await gateway_to(box).send(letter)
        assert len(box.letters) == 1


def report(to: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A report as a mail server writes it (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@relay.example\r\nTo: {to}\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {THEIRS}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        "--b--\r\n"
    ).encode()


async def test_a_returned_letter_is_believed_by_its_mark_alone(
    database_url: str, tmp_path: Path
) -> None:
    async with writing(database_url, tmp_path) as (trial, box):
        await give_address(trial)
        await prove(trial, box)
        await trial.ask()
        await next_letter(trial, box)
        message_id = await trial.fetchval(
            "SELECT id FROM messages WHERE provider = 'email' AND kind = 'reminder'"
        )
        ours = Returns(RETURNS, MARK).address_of(message_id)
        forged = Returns(RETURNS, SecretStr("another secret of theirs")).address_of(message_id)
        hook = f"{trial.context.public_url}/hooks/email/bounces"
        absent = f"From: wang@home.example\r\nTo: {ours}\r\nSubject: Away\r\n\r\nUntil Monday.\r\n"
        async with aiohttp.ClientSession() as session:

            async def hand_in(body: bytes) -> int:
                async with session.post(hook, data=body) as answer:
                    return answer.status

            assert await hand_in(report(forged)) == HTTPStatus.FORBIDDEN
            assert await hand_in(b"\xff\x00") == HTTPStatus.FORBIDDEN
            assert await hand_in(absent.encode()) == HTTPStatus.NO_CONTENT
            assert await hand_in(report(ours, "delayed", "4.4.7")) == HTTPStatus.NO_CONTENT
            assert (await states(trial))[-1] == ("reminder", "accepted", None)
            for _ in range(2):
                assert await hand_in(report(ours)) == HTTPStatus.NO_CONTENT
        assert (await states(trial))[-1] == ("reminder", "undelivered", "5.1.1")
        phone, email = (await trial.facts("K-001")).contacts
        assert (phone.bad, email.bad) == (False, True)
        assert await trial.count("call_tasks", "reason = 'bad_number' AND closed_at IS NULL") == 1
