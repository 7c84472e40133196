"""Letters to staff over a real mail server: with TLS and a login, taken, refused, or broken off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pro_service.config import Settings, SettingsError
from pro_service.messaging.gateway import AmbiguousError, GatewayError, NotAcceptedError
from pro_service.messaging.smtp.mail import MailServer, SmtpMail
from pro_service.messaging.staff_mail import LetterRefusedError, StaffLetter
from pro_service.parts import make_telling
from pro_service.store.ids import new_id
from tests.support.providers.mail_server import PASSWORD, USER, Fault, MailBox, mail_server

TO = "anna@hospital.example"


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[MailBox]:
    async with mail_server(tmp_path) as running:
        yield running


def mail_of(box: MailBox, **changed: object) -> SmtpMail:
    server = MailServer("127.0.0.1", box.port, "starttls", USER, SecretStr(PASSWORD))
    trusted = server.__class__(**{**vars(server), "authorities": box.authorities, **changed})
    return SmtpMail(trusted, "desk@study.example")


def letter(to: str = TO) -> StaffLetter:
    return StaffLetter(letter_id=new_id(), to=to, title="BJ01 中心", body="请登录。\n")


async def test_a_letter_arrives_over_tls_after_signing_in(box: MailBox) -> None:
    one = letter()
    await mail_of(box).send(one)
    (found,) = box.letters
    assert (found["To"], found["From"]) == (TO, "desk@study.example")
    assert found["Subject"] == "BJ01 中心"
    assert found.get_content().strip() == "请登录。"
    assert one.letter_id.hex in found["Message-ID"]
    assert box.secure == [True]
    assert TO not in repr(one)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("451", NotAcceptedError),
        ("550", LetterRefusedError),
        ("recipient", LetterRefusedError),
        ("cut", AmbiguousError),
    ],
)
async def test_what_the_server_says_tells_whether_it_was_taken(
    box: MailBox, fault: Fault, error: type[GatewayError]
) -> None:
    box.faults.append(fault)
    with pytest.raises(error) as raised:
        await mail_of(box).send(letter())
    assert TO not in str(raised.value)
    assert len(box.letters) == (fault == "cut")


@pytest.mark.parametrize(
    "changed",
    [
        {"authorities": None},
        {"password": SecretStr("wrong")},
        {"user": None, "password": None},
        {"port": 1},
    ],
)
async def test_a_server_not_trusted_or_not_there_has_certainly_taken_nothing(
    box: MailBox, changed: dict[str, object]
) -> None:
    with pytest.raises((NotAcceptedError, LetterRefusedError)):
        await mail_of(box, **changed).send(letter())
    assert box.letters == []


def settings(**given: object) -> Settings:
    return Settings.model_validate(given)


async def test_the_settings_are_off_until_set_and_say_what_they_lack(
    box: MailBox, tmp_path: Path
) -> None:
    assert make_telling(settings()) is None
    login = tmp_path / "login"
    login.write_text("only a user\n")
    remote = {"smtp_host": "mail.example", "smtp_sender": "desk@study.example"}
    for given, says in (
        ({"smtp_host": "mail.example"}, "PRO_SMTP_SENDER is not set"),
        (remote | {"smtp_tls": "none"}, "PRO_SMTP_TLS is none"),
        (remote | {"smtp_login_file": login}, "PRO_SMTP_LOGIN_FILE is no login"),
        (remote | {"smtp_login_file": tmp_path / "none"}, "PRO_SMTP_LOGIN_FILE cannot be read"),
        (remote | {"smtp_ca_file": tmp_path / "none"}, "PRO_SMTP_CA_FILE cannot be used"),
    ):
        with pytest.raises(SettingsError, match=says):
            make_telling(settings(**given))
    login.write_text(f"{USER}\n{PASSWORD}\n")
    local = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_ca_file": box.authorities}
    telling = make_telling(settings(**(remote | local), smtp_login_file=login))
    assert telling is not None
    await telling.mail.send(letter())
    assert len(box.letters) == 1
