"""Settings: read from the environment, refused with the variable's name, never shown."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from pro_service.config import Settings, SettingsError, open_seal_keys, open_vault, read_settings
from pro_service.domain.delivery.addresses import phone
from pro_service.domain.study.permissions import Role
from pro_service.parts import make_gateways
from pro_service.vault.keys import KeyRing, VaultKeyError

NUMBER = phone("+12025550143")
SECRET = "do-not-show-this-anywhere"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PRO_")]:
        monkeypatch.delenv(name)


def test_without_any_setting_the_defaults_are_local_and_without_keys() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.gateway) == ("127.0.0.1", 8080, "simulator")
    assert settings.database_url is None
    assert settings.vault_keys is None


def test_an_address_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRO_PUBLIC_URL", "https://questions.example/")
    assert read_settings().public_url == "https://questions.example"


def test_roles_that_need_a_second_factor_stand_with_commas_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_settings().second_factor_roles == frozenset()
    monkeypatch.setenv("PRO_SECOND_FACTOR_ROLES", "investigator, administrator")
    assert read_settings().second_factor_roles == {Role.investigator, Role.administrator}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRO_PORT", SECRET),
        ("PRO_PORT", "70000"),
        ("PRO_PUBLIC_URL", f"ftp://{SECRET}"),
        ("PRO_PUBLIC_URL", f"https://questions.example/?{SECRET}"),
        ("PRO_SIMULATOR_URL", SECRET),
        ("PRO_DATABASE_KIND", SECRET),
        ("PRO_GATEWAY", SECRET),
        ("PRO_SECOND_FACTOR_ROLES", f"investigator,{SECRET}"),
        ("PRO_ALIYUN_PUSH_SECRET", "too-short"),
        ("PRO_TENCENT_PUSH_SECRET", f"/{SECRET}/"),
        ("PRO_TENCENT_API_BASE", SECRET),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert f"{name} is wrong" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "name",
    [
        *("PRO_DATABASE_URL", "PRO_VAULT_KEYS", "PRO_SIMULATOR_SECRET"),
        *("PRO_ALIYUN_ACCESS_KEY_ID", "PRO_ALIYUN_ACCESS_KEY_SECRET", "PRO_ALIYUN_PUSH_SECRET"),
        *("PRO_TENCENT_SECRET_ID", "PRO_TENCENT_SECRET_KEY", "PRO_TENCENT_PUSH_SECRET"),
    ],
)
def test_a_secret_never_shows_in_a_repr(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, SECRET)
    settings = read_settings()
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.model_dump())


@pytest.mark.parametrize("missing", ["PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS"])
def test_a_missing_key_ring_is_named_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in ("PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS"):
        if name != missing:
            monkeypatch.setenv(name, KeyRing.generate().reveal())
    with pytest.raises(SettingsError, match=missing) as refused:
        open_vault(read_settings())
    assert "keys new" in (refused.value.mend or "")


def test_a_spoilt_key_ring_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS"):
        monkeypatch.setenv(name, f"k1:{SECRET}")
    with pytest.raises(VaultKeyError) as refused:
        open_vault(read_settings())
    assert SECRET not in str(refused.value)


def test_the_same_keys_open_what_they_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS"):
        monkeypatch.setenv(name, KeyRing.generate().reveal())
    first, second = open_vault(read_settings()), open_vault(read_settings())
    assert first.blind_index(NUMBER) == second.blind_index(NUMBER)


@pytest.mark.parametrize("name", ["vault_keys", "index_keys", "link_keys", "seal_keys"])
def test_a_ring_that_cannot_be_read_is_named_by_its_setting(name: str) -> None:
    """Four rings are set, all of one form: which of them it is must not be guessed."""
    good = KeyRing.generate().reveal()
    rings = dict.fromkeys(("vault_keys", "index_keys", "link_keys", "seal_keys"), good)
    settings = Settings.model_validate(rings | {name: "k1:secret!"})
    opens = open_seal_keys if name == "seal_keys" else open_vault
    with pytest.raises(VaultKeyError) as refused:
        opens(settings)
    assert str(refused.value).startswith(f"PRO_{name.upper()}: Key 1 ")
    assert "secret!" not in str(refused.value)


ALIYUN = ("access_key_id", "access_key_secret", "push_secret")
TENCENT = ("secret_id", "secret_key", "sms_app_id", "push_secret")


@pytest.mark.parametrize(("provider", "needed"), [("aliyun", ALIYUN), ("tencent", TENCENT)])
def test_a_provider_of_china_names_the_first_setting_it_lacks(
    monkeypatch: pytest.MonkeyPatch, provider: str, needed: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PRO_GATEWAY", provider)
    for name in needed:
        setting = f"PRO_{provider}_{name}".upper()
        with pytest.raises(SettingsError, match=setting):
            make_gateways(read_settings()).open()
        monkeypatch.setenv(setting, SECRET)
    assert make_gateways(read_settings()).of(provider).name == provider


def test_a_secret_is_read_from_a_file_or_printed_by_a_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "vault keys"
    kept.write_text("v1:from-the-file\n")
    monkeypatch.setenv("PRO_VAULT_KEYS_FILE", str(kept))
    monkeypatch.setenv("PRO_INDEX_KEYS_COMMAND", f"cat {shlex.quote(str(kept))}")
    monkeypatch.setenv("PRO_DATABASE_URL_COMMAND", "echo postgresql://there/pro")
    settings = read_settings()
    read = (settings.vault_keys, settings.index_keys, settings.database_url)
    assert [one and one.get_secret_value() for one in read] == [
        *("v1:from-the-file", "v1:from-the-file", "postgresql://there/pro")
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LINK_KEYS": "l1:x", "LINK_KEYS_FILE": "/k"}, "PRO_LINK_KEYS and PRO_LINK_KEYS_FILE are"),
        ({"LINK_KEYS_FILE": "/k", "LINK_KEYS_COMMAND": "true"}, "_FILE and PRO_LINK_KEYS_COMMAND"),
        ({"SEAL_KEYS_FILE": "/no/such"}, "PRO_SEAL_KEYS_FILE cannot be read (FileNotFoundError)"),
        ({"SEAL_KEYS_COMMAND": "false"}, "PRO_SEAL_KEYS_COMMAND failed (CalledProcessError)"),
        ({"SEAL_KEYS_COMMAND": "no-such-program x"}, "failed (FileNotFoundError)"),
        ({"SEAL_KEYS_COMMAND": "echo 'secret"}, "failed (ValueError)"),
        ({"SEAL_KEYS_COMMAND": "true"}, "PRO_SEAL_KEYS_COMMAND leads to nothing"),
    ],
)
def test_a_secret_that_cannot_be_had_is_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"PRO_{name}", value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert said in refused.value.message
    assert "secret" not in refused.value.message
