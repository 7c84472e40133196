"""The compose file that ships: valid as published, and what it names runs here as processes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft201909Validator

from pro_service.config import Settings
from pro_service.services import keeping
from tests.support.command import Commands, free_port, get

FILE: Final = Path(keeping.__file__).parent / "compose" / "compose.yaml"
PUBLISHED: Final = Path(__file__).parents[2] / "data" / "compose_spec.json"
"""As Docker's Compose 1.29.2 brings it (Apache License 2.0)."""
VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
RESTORED: Final = ("database", "migrate", "serve", "worker", "doctor")


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    """The file as it stands."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return read


def said(text: str, given: dict[str, str]) -> str:
    """A value with its variables put in, as Compose does it."""

    def put(found: re.Match[str]) -> str:
        name, mark, other = found.groups()
        assert mark != "?" or name in given, f"{name} is demanded"
        return given.get(name, other or "")

    return VARIABLE.sub(put, text)


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    """What a service is told beside its file of settings."""
    given = {"POSTGRES_PASSWORD": "letters"}
    return {name: said(value, given) for name, value in service["environment"].items()}


def test_the_file_is_what_the_published_schema_allows(composed: dict[str, Any]) -> None:
    validator = Draft201909Validator(json.loads(PUBLISHED.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(composed)] == []
    broken = composed | {"services": {"serve": {"image": "pro-service", "comand": ["serve"]}}}
    assert list(validator.iter_errors(broken)) != []


def test_every_setting_it_names_is_one_of_ours(composed: dict[str, Any]) -> None:
    named = {
        name
        for service in composed["services"].values()
        for name in service.get("environment", {})
        if name.startswith("PRO_")
    }
    known = {f"PRO_{name.upper()}" for name in Settings.model_fields}
    assert named
    assert named <= known


@pytest.mark.thorough
async def test_each_of_its_commands_runs_with_the_settings_it_names(
    composed: dict[str, Any], database_url: str, tmp_path: Path
) -> None:
    services = composed["services"]
    assert tuple(services) == RESTORED
    port = free_port()

    def process(name: str) -> tuple[Commands, list[str]]:
        told = environment_of(services[name])
        assert told["PRO_DATABASE_URL"] == "postgresql://pro:letters@database/pro"
        told |= {
            "PRO_DATABASE_URL": database_url,
            "PRO_JOURNAL_DIR": str(tmp_path / Path(told["PRO_JOURNAL_DIR"]).name),
        }
        if "ports" in services[name]:
            told["PRO_PORT"] = str(port)
        there = Commands(database_url, **keys)
        there.environment |= told
        return there, services[name]["command"]

    fresh = Commands(None).environment
    keys = {name: fresh[f"PRO_{name.upper()}"] for name in ("vault_keys", "index_keys")}
    keys |= {name: fresh[f"PRO_{name.upper()}"] for name in ("link_keys", "seal_keys")}
    # In the order Compose starts them in: what others wait for ends, and ends well.
    migrate, words = process("migrate")
    assert (services["migrate"]["restart"], (await migrate.call(*words)).code) == ("no", 0)
    serve, words = process("serve")
    worker, work = process("worker")
    async with (
        serve.running(*words, ready="Serving on") as serving,
        worker.running(*work, ready="Working") as working,
    ):
        assert (await get(f"http://127.0.0.1:{port}/readyz"))[0] == 200
        doctor, look = process("doctor")
        looked = await doctor.call(*look)
        assert "this release's" in looked.out
        assert (await serving.stop(), await working.stop()) == (0, 0)
    assert (tmp_path / "journal").is_dir()
