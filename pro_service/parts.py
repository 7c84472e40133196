"""What server and commands are put together from, by the settings: the context, the gateway.

Apart from `app`, so that a command need not load the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.config import PREFIX, Provider, Settings, SettingsError
from pro_service.domain.conversation.asking import PACE
from pro_service.domain.errors import ProServiceError
from pro_service.messaging.gateway import Gateway
from pro_service.messaging.gateways import Gateways
from pro_service.release import release
from pro_service.services.base.context import ServiceContext
from pro_service.texts.catalogue import load_texts
from pro_service.vault.vault import Vault

if TYPE_CHECKING:
    from pro_service.messaging.aliyun.gateway import AliyunGateway
    from pro_service.messaging.email.gateway import EmailGateway
    from pro_service.messaging.smtp.transport import MailServer
    from pro_service.messaging.tencent.gateway import TencentGateway
    from pro_service.messaging.twilio.gateway import TwilioGateway
    from pro_service.services.base.telling import Telling

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOGIN_LINES: Final = 2


class WrongKindError(ProServiceError):
    """The database is not of the kind this needs."""


def make_context(settings: Settings, vault: Vault) -> ServiceContext:
    """What every use case needs, from the settings."""
    return ServiceContext.of(
        vault,
        load_texts(),
        load_instruments(),
        load_channels(settings.channels_file),
        public_url=settings.public_url,
        gateways=make_gateways(settings),
        release=release(),
        pace=PACE,
    )


def make_gateways(settings: Settings) -> Gateways:
    """The providers the settings name; each is made when it is first asked for.

    What its settings lack is said then: SettingsError.
    """
    makers: dict[Provider, Callable[[Settings], Gateway]] = {
        "aliyun": make_aliyun,
        "email": make_email,
        "simulator": make_simulator,
        "tencent": make_tencent,
        "twilio": make_twilio,
    }
    return Gateways({name: partial(makers[name], settings) for name in settings.providers})


def make_simulator(settings: Settings) -> Gateway:
    """The gateway to the fake provider. Raises SettingsError without its secret."""
    if settings.simulator_secret is None:
        raise SettingsError(
            "PRO_SIMULATOR_SECRET is not set.",
            mend="Give the simulator and the service the same secret.",
        )
    # As below: a command that sends nothing does not load what sends.
    from pro_service.messaging.simulator.gateway import SimulatorGateway

    return SimulatorGateway(settings.simulator_url, settings.simulator_secret)


def make_twilio(settings: Settings) -> TwilioGateway:
    """The gateway to the account of the settings. Raises SettingsError for what they lack."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        lacking = "ACCOUNT_SID" if settings.twilio_account_sid is None else "AUTH_TOKEN"
        raise SettingsError(
            f"PRO_TWILIO_{lacking} is not set.",
            mend="Both stand on the first page of the Twilio console.",
        )
    # Twilio's SDK takes half a second to load; whoever does not use it does not wait for it.
    from pro_service.messaging.twilio.gateway import TwilioGateway

    return TwilioGateway(
        settings.twilio_account_sid, settings.twilio_auth_token, api_base=settings.twilio_api_base
    )


def make_aliyun(settings: Settings) -> AliyunGateway:
    """The gateway to Aliyun. Raises SettingsError for what the settings lack."""
    key_id = _demand(settings, "aliyun_access_key_id")
    secret = _demand(settings, "aliyun_access_key_secret")
    pushed = _demand(settings, "aliyun_push_secret")
    from pro_service.messaging.aliyun.gateway import API, AliyunGateway
    from pro_service.messaging.aliyun.wire import Credentials

    return AliyunGateway(
        Credentials(key_id.get_secret_value(), secret),
        pushed,
        api_base=settings.aliyun_api_base or API,
    )


def make_tencent(settings: Settings) -> TencentGateway:
    """The gateway to Tencent. Raises SettingsError for what the settings lack."""
    key_id = _demand(settings, "tencent_secret_id")
    secret = _demand(settings, "tencent_secret_key")
    app_id = _demand(settings, "tencent_sms_app_id")
    pushed = _demand(settings, "tencent_push_secret")
    from pro_service.messaging.tencent.gateway import API, Account, TencentGateway
    from pro_service.messaging.tencent.wire import Credentials

    account = Account(
        Credentials(key_id.get_secret_value(), secret),
        app_id.get_secret_value(),
        settings.tencent_region,
    )
    return TencentGateway(account, pushed, api_base=settings.tencent_api_base or API)


def make_email(settings: Settings) -> EmailGateway:
    """The gateway to participants' e-mail. Raises SettingsError for what the settings lack."""
    if settings.smtp_host is None or settings.email_returns is None:
        lacking = "SMTP_HOST" if settings.smtp_host is None else "EMAIL_RETURNS"
        raise SettingsError(
            f"{PREFIX}{lacking} is not set.",
            mend="The README's table of settings says where it comes from.",
        )
    secret = _demand(settings, "email_secret")
    from pro_service.messaging.email.gateway import EmailGateway

    try:
        return EmailGateway(_mail_server(settings), settings.email_returns, secret)
    except OSError as error:
        raise _no_certificates(error) from None


def _demand(settings: Settings, name: str) -> SecretStr:
    """A setting a provider needs. Raises SettingsError that names it."""
    found: SecretStr | None = getattr(settings, name)
    if found is None:
        raise SettingsError(
            f"{PREFIX}{name.upper()} is not set.",
            mend="The README's table of settings says where it comes from.",
        )
    return found


def make_telling(settings: Settings) -> Telling | None:
    """How staff are told of urgent matters; None where no mail server is set.

    Raises SettingsError for what the settings lack.
    """
    if settings.smtp_host is None:
        return None
    if settings.smtp_sender is None:
        raise SettingsError(
            "PRO_SMTP_SENDER is not set.", mend="Say which address letters to staff come from."
        )
    # As below: whoever tells nobody does not load what tells.
    from pro_service.messaging.smtp.mail import SmtpMail
    from pro_service.services.base.telling import Telling

    server = _mail_server(settings)
    try:
        mail = SmtpMail(server, settings.smtp_sender)
    except OSError as error:
        raise _no_certificates(error) from None
    return Telling(mail, load_texts("notices"))


def _mail_server(settings: Settings) -> MailServer:
    """The mail server of letters to staff and to participants. Raises SettingsError."""
    from pro_service.messaging.smtp.transport import MailServer

    host = settings.smtp_host or ""
    if settings.smtp_tls == "none" and host not in LOOPBACK:
        raise SettingsError(
            "PRO_SMTP_TLS is none, and PRO_SMTP_HOST is another machine.",
            mend="Use starttls or tls: letters and the password would be read on the way.",
        )
    user, password = _mail_login(settings)
    return MailServer(
        host, settings.smtp_port, settings.smtp_tls, user, password, settings.smtp_ca_file
    )


def _no_certificates(error: OSError) -> SettingsError:
    return SettingsError(
        f"PRO_SMTP_CA_FILE cannot be used ({error.strerror}).",
        mend="Name a file of certificates (PEM).",
    )


def _mail_login(settings: Settings) -> tuple[str | None, SecretStr | None]:
    """User and password at the mail server, if it asks for them. Raises SettingsError."""
    if settings.smtp_login_file is None:
        return None, None
    try:
        lines = settings.smtp_login_file.read_text("utf-8").splitlines()
    except OSError as error:
        raise SettingsError(
            f"PRO_SMTP_LOGIN_FILE cannot be read ({error.strerror}).",
            mend="Name a file of two lines, user and password.",
        ) from None
    if len(lines) < _LOGIN_LINES or not all(lines[:_LOGIN_LINES]):
        raise SettingsError(
            "PRO_SMTP_LOGIN_FILE is no login.", mend="Write two lines into it: user, password."
        )
    return lines[0], SecretStr(lines[1])


def check_kind(kind: str | None, providers: Sequence[str]) -> None:
    """Raise WrongKindError where a database of this kind must not use these providers."""
    if kind == "production" and "simulator" in providers:
        raise WrongKindError(
            "A production database refuses the simulator.",
            mend="Set PRO_GATEWAY to the provider whose account this study uses.",
        )
    if kind == "demo" and any(name != "simulator" for name in providers):
        raise WrongKindError(
            "A demo database refuses a real provider: its participants are not real.",
            mend="Set PRO_GATEWAY=simulator, or use a database of another kind.",
        )
