"""Settings from the environment. Read by cli, demo and app only; values are handed down."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Role
from pro_service.vault.keys import KeyRing, VaultKeyError
from pro_service.vault.signing import SigningRing
from pro_service.vault.vault import Vault

PREFIX = "PRO_"
COMMAND_SECONDS: Final = 30.0
"""How long a command may take that gives a secret."""
LEAST_SECRET = 16
"""Characters of a secret that is part of an address."""
Provider = Literal["aliyun", "email", "simulator", "tencent", "twilio"]
"""The providers there are; each has its maker in `parts`."""


class PortTakenError(ProServiceError):
    """The address cannot be listened on."""


class SettingsError(ProServiceError):
    """A setting is missing or wrong."""


class Settings(BaseSettings):
    """All settings; each is an environment variable with the prefix PRO_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr | None = None
    """postgresql://... of a PostgreSQL 15 or newer."""
    database_seconds: float = Field(8.0, ge=0.5, le=600)
    """How long a page or a webhook waits for one statement; periodic work, three times that."""
    replica_url: SecretStr | None = None
    """A standby of that database, from which exports and figures are read."""
    data_dir: Path | None = None
    """Instead of a server of one's own: a folder in which an embedded one keeps its data."""
    failover: Literal["hold", "go-on"] = "hold"
    """What a promotion does: hold sending, or go on, where standbys lose nothing."""
    database_kind: Literal["demo", "validation", "production"] = "validation"
    """What a new database is for; the first word holds for ever."""
    public_url: str = "http://127.0.0.1:8080"
    """The address participants' links and providers' webhooks use."""
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    metrics_port: int | None = Field(None, ge=0, le=65535)
    """Where `serve` and `worker` answer `/metrics`; unset: nowhere."""
    metrics_token: SecretStr | None = Field(None, min_length=LEAST_SECRET)
    """Whoever asks for metrics sends it: `Authorization: Bearer ...`."""
    trusted_proxies: int = Field(0, ge=0, le=10)
    """How many proxies of ours stand in front; what they add to X-Forwarded-For is believed."""
    gateway: Provider = "simulator"
    """The provider texts go through, where it is one."""
    gateways: Annotated[tuple[Provider, ...], NoDecode] = ()
    """The providers texts go through, where there are several; a new sender is the first one's."""
    channels_file: Path | None = None
    """What providers and countries allow, after the rules that ship and in place of theirs."""
    simulator_url: str = "http://127.0.0.1:8081"
    simulator_secret: SecretStr | None = None
    twilio_account_sid: str | None = Field(None, pattern=r"^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr | None = None
    """Signs webhooks and authorises calls."""
    twilio_api_base: str | None = None
    """In place of Twilio's own address, for tests."""
    aliyun_access_key_id: SecretStr | None = None
    aliyun_access_key_secret: SecretStr | None = None
    aliyun_push_secret: SecretStr | None = Field(None, min_length=LEAST_SECRET)
    """A part of the address Aliyun pushes to: nothing else says that a push is Aliyun's."""
    aliyun_api_base: str | None = None
    """In place of Aliyun's own address, for tests."""
    tencent_secret_id: SecretStr | None = None
    tencent_secret_key: SecretStr | None = None
    tencent_sms_app_id: SecretStr | None = None
    tencent_region: str = Field("ap-guangzhou", pattern=r"^[a-z]+(-[a-z]+)+$")
    tencent_push_secret: SecretStr | None = Field(None, min_length=LEAST_SECRET)
    tencent_api_base: str | None = None
    vault_keys: SecretStr | None = None
    index_keys: SecretStr | None = None
    link_keys: SecretStr | None = None
    backup_keys: SecretStr | None = None
    """Encrypt backups: a ring of its own, kept where the backups are not."""
    journal_dir: Path | None = None
    """Where the journal of stops, deaths and texts is kept, apart from the database."""
    seal_keys: SecretStr | None = None
    """Sign the audit's seals; private, and never given to the database."""
    seal_heads: Path | None = None
    """A file to which the head of the audit is appended after each sealing."""
    smtp_host: str | None = None
    """The mail server by which staff are told of urgent matters; unset: they are not."""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """`none` is for a server on this machine alone."""
    smtp_sender: str | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$")
    """The address letters to staff come from."""
    smtp_login_file: Path | None = None
    """A file of two lines: user and password at the mail server."""
    smtp_ca_file: Path | None = None
    """Certificates trusted at the mail server, instead of this machine's."""
    email_returns: str | None = Field(None, pattern=r"^[A-Za-z0-9._-]{1,21}@[^@\s]+$")
    """The address participants' letters are returned to; its mail is handed to this service."""
    email_secret: SecretStr | None = Field(None, min_length=LEAST_SECRET)
    """Marks each letter's own return address: nothing else says that a report is about it."""
    second_factor_roles: Annotated[frozenset[Role], NoDecode] = frozenset()
    """Who holds one of these roles, named with commas between, needs a second factor to sign in."""
    prove_for_numbers: bool = False
    """Whether staff give their password anew before a telephone number is shown."""
    actor: str | None = None

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Every provider in use, each once, in the order they are named."""
        return tuple(dict.fromkeys(self.gateways or (self.gateway,)))

    @field_validator("gateways", "second_factor_roles", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [one.strip() for one in value.split(",") if one.strip()]

    @field_validator("aliyun_push_secret", "tencent_push_secret")
    @classmethod
    def _fits_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]+", value.get_secret_value()):
            raise ValueError("must consist of letters, digits, - and _")
        return value

    @field_validator(
        *("public_url", "simulator_url", "twilio_api_base", "aliyun_api_base", "tencent_api_base")
    )
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise ValueError("must be an http(s) address without a query")
        return value.rstrip("/")


def read_settings() -> Settings:
    """The settings. Raises SettingsError that names the variable and the mend."""
    try:
        return Settings(**_kept_elsewhere())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name} is wrong: {first['msg']}.") from None


def _kept_elsewhere() -> dict[str, Any]:
    """Secrets that a file has (`PRO_..._FILE`) or a command prints (`PRO_..._COMMAND`)."""
    found: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        if SecretStr not in get_args(field.annotation):
            continue
        variable = PREFIX + name.upper()
        ways = (variable, f"{variable}_FILE", f"{variable}_COMMAND")
        given = [one for one in ways if os.environ.get(one)]
        if len(given) > 1:
            raise SettingsError(f"{given[0]} and {given[1]} are both set.", mend="Keep one.")
        if given and given[0] != variable:
            read = _of_file if given[0].endswith("_FILE") else _of_command
            found[name] = read(given[0], os.environ[given[0]])
    return found


def _of_file(variable: str, place: str) -> str:
    try:
        text = Path(place).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The file of {variable} cannot be read ({type(error).__name__}).",
            mend="Name a file that holds the secret and nothing else.",
        ) from None
    return _not_empty(variable, text)


def _of_command(variable: str, words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  (the operator's own command, and no shell)
            shlex.split(words), capture_output=True, timeout=COMMAND_SECONDS, check=True
        )
        text = done.stdout.decode("utf-8").strip()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Neither its words nor what it said: either may hold a secret.
        raise SettingsError(
            f"The command of {variable} failed ({type(error).__name__}).",
            mend="Run it by hand as the service's account: it must print the secret and end.",
        ) from None
    return _not_empty(variable, text)


def _not_empty(variable: str, text: str) -> str:
    if not text:
        raise SettingsError(f"{variable} leads to nothing.", mend="It must give the secret.")
    return text


def open_vault(settings: Settings) -> Vault:
    """The vault under the keys of the settings. Raises SettingsError for a missing one."""
    rings = []
    for name in ("vault_keys", "index_keys", "link_keys"):
        secret: SecretStr | None = getattr(settings, name)
        if secret is None:
            raise SettingsError(
                f"{PREFIX}{name.upper()} is not set.",
                mend="Make a set of keys once with `pro-service keys new` and keep it safe.",
            )
        rings.append(ring_of(name, secret))
    return Vault(*rings)


def ring_of(name: str, secret: SecretStr) -> KeyRing:
    """The ring a setting holds. Raises VaultKeyError, which names the setting and never a key."""
    with _named(name):
        return KeyRing.parse(secret.get_secret_value())


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except VaultKeyError as error:
        setting = f"{PREFIX}{name.upper()}"
        raise VaultKeyError(f"{setting}: {error.message}", mend=error.mend) from None


def open_seal_keys(settings: Settings) -> SigningRing:
    """The keys that sign the audit's seals. Raises SettingsError where none are set."""
    if settings.seal_keys is None:
        raise SettingsError(
            f"{PREFIX}SEAL_KEYS is not set.",
            mend="Make a key once with `pro-service keys new`; keep it apart from the database.",
        )
    with _named("seal_keys"):
        return SigningRing.parse(settings.seal_keys.get_secret_value())
