"""The command line's table: help loads no command, and says what each says of itself."""

from __future__ import annotations

import subprocess
import sys

from typer.main import get_command
from typer.testing import CliRunner

from pro_service.cli.lazy import LazyGroup
from pro_service.cli.main import COMMANDS, app

PROBE = """
import sys
from pro_service.cli.main import main
try:
    main()
except SystemExit:
    print(*sorted(sys.modules), file=sys.stderr)
"""
HEAVY = {"aiohttp", "asyncpg", "pydantic", "jinja2", "babel", "cryptography", "openpyxl", "twilio"}


def loaded_by(*words: str) -> set[str]:
    """The modules a command line loads; it must end by itself."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def loaded_by_import(module: str) -> set[str]:
    """The modules that loading one brings along."""
    probe = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_help_loads_no_command_and_nothing_a_command_needs() -> None:
    loaded = loaded_by("--help")
    assert not HEAVY & loaded
    assert sum(name.startswith("pro_service") for name in loaded) <= 8


def test_a_command_loads_neither_the_server_nor_another_command() -> None:
    loaded = loaded_by("participant", "status", "--help")
    assert not {"aiohttp", "pro_service.app", "pro_service.web", "openpyxl", "twilio"} & loaded
    assert not any(name.startswith("pro_service.cli.study") for name in loaded)


def test_a_demo_is_loaded_while_its_server_starts_and_without_what_a_first_page_does_not_need() -> (
    None
):
    first = loaded_by_import("pro_service.cli.running.live_demo")
    assert not {"aiohttp.web", "pro_service.app", "pro_service.demo.history"} & first
    whole = loaded_by_import("pro_service.demo.house")
    assert not {"webauthn", "reportlab", "holidays", "pro_service.demo.life"} & whole


def test_the_table_says_of_each_command_what_it_says_of_itself() -> None:
    group = get_command(app)
    assert isinstance(group, LazyGroup)
    said = {entry.name: entry.help for entry in COMMANDS}
    order = list(group.commands)
    group.load_all()
    assert list(group.commands) == order
    for name, help_ in said.items():
        command = group.commands[name]
        assert command.name == name
        own = (command.help or "").split("\n\n")[0]
        assert " ".join(own.split()) == help_, name


def test_a_word_that_is_not_offered_is_refused_in_our_words() -> None:
    done = CliRunner().invoke(app, ["staff", "add", "ada", "--role", "wizard"])
    assert (done.exit_code, "'wizard' is not one of" in done.output) == (2, True), done.output
    assert "Value error" not in done.output
