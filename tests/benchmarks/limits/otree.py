"""oTree beside us: the same 26 questions in production mode, on the same server.

It is installed by pip into an environment of its own; where that cannot be done, the reason is said
and it is left out.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from tests.benchmarks.limits.packages import NotHadError, last_words, python_with, run
from tests.benchmarks.measuring.service import Service, process
from tests.benchmarks.measuring.telephone import Telephone
from tests.benchmarks.measuring.walking import VALUE, Step, WalkError
from tests.support.command import free_port

PACKAGES: Final = ("otree>=6,<7", "psycopg2-binary")
SCREENS: Final = 7
ITEMS: Final = 26
SETTINGS: Final = """
SESSION_CONFIGS = [dict(name="knee", app_sequence=["knee"], num_demo_participants=1)]
SESSION_CONFIG_DEFAULTS = dict(real_world_currency_per_point=1, participation_fee=0, doc="")
PARTICIPANT_FIELDS = []
SESSION_FIELDS = []
LANGUAGE_CODE = "en"
REAL_WORLD_CURRENCY_CODE = "USD"
USE_POINTS = True
ADMIN_USERNAME = "admin"
ADMIN_PASSWORD = "only-for-benchmarks"
SECRET_KEY = "only-for-benchmarks"
INSTALLED_APPS = ["otree"]
"""
APP: Final = """
from otree.api import *


class C(BaseConstants):
    NAME_IN_URL = "knee"
    PLAYERS_PER_GROUP = None
    NUM_ROUNDS = 1


class Subsession(BaseSubsession):
    pass


class Group(BaseGroup):
    pass


class Player(BasePlayer):
    pass


def screen(number):
    first, last = ((number + n) * {items} // {screens} for n in (-1, 0))
    fields = [f"a{n}" for n in range(first, last)]
    return type(f"Screen{number}", (Page,), dict(form_model="player", form_fields=fields))


for n in range({items}):
    setattr(Player, f"a{n}", models.IntegerField(choices=list(range(11)),
            widget=widgets.RadioSelectHorizontal, label=f"How was {n}?"))
page_sequence = []
for n in range(1, {screens} + 1):
    one = globals()[f"Screen{n}"] = screen(n)
    one.__module__ = __name__
    page_sequence.append(one)
"""
PAGE: Final = (
    "{{ block title }}Questions{{ endblock }}{{ block content }}{{ formfields }}{{ next_button }}"
    "{{ endblock }}\n"
)
_FIELD: Final = re.compile(r'<input\b[^>]*\bname="(a\d+)"')


def _write_project(folder: Path) -> None:
    for name in ("knee", "_static", "_templates"):
        (folder / name).mkdir()
    (folder / "settings.py").write_text(SETTINGS, encoding="utf-8")
    app = APP.replace("{items}", str(ITEMS)).replace("{screens}", str(SCREENS))
    (folder / "knee" / "__init__.py").write_text(app, encoding="utf-8")
    for number in range(1, SCREENS + 1):
        (folder / "knee" / f"Screen{number}.html").write_text(PAGE, encoding="utf-8")


@asynccontextmanager
async def otree_served(
    database_url: str, participants: int, *, kept_in: Path | None
) -> AsyncIterator[tuple[Service, list[str]]]:
    """oTree on an empty database, and the codes of its participants. Raises NotHadError."""
    with tempfile.TemporaryDirectory(prefix="pro-otree-") as passing:
        project = Path(passing) / "project"
        project.mkdir()
        folder = (kept_in or Path(passing)) / "otree"
        python = await asyncio.to_thread(python_with, folder, PACKAGES, "otree, psycopg2")
        _write_project(project)
        environment = {
            "DATABASE_URL": database_url,
            "OTREE_PRODUCTION": "1",
            "PATH": f"{python.parent}:{os.environ['PATH']}",
        }
        command = [str(python.with_name("otree"))]
        try:
            await asyncio.to_thread(run, [*command, "resetdb", "--noinput"], project, environment)
            make = [*command, "create_session", "knee", str(participants)]
            await asyncio.to_thread(run, make, project, environment)
        except subprocess.SubprocessError as error:
            raise NotHadError(last_words(error)) from error
        codes = await _codes(database_url)
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        words = [*command, "prodserver1of2", f"127.0.0.1:{port}"]
        async with process(words, environment, base, "/favicon.ico", folder=project) as service:
            yield service, codes


async def _codes(database_url: str) -> list[str]:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("VACUUM ANALYZE")
        rows = await connection.fetch("SELECT code FROM otree_participant ORDER BY id")
        return [row["code"] for row in rows]
    finally:
        await connection.close()


async def otree_journey(http: Telephone, code: str, step: Step) -> None:
    """From the link to the last page, each screen a form."""
    opened = await http.get(f"/InitializeParticipant/{code}")
    page, address = opened.text, opened.address
    for _ in range(SCREENS):
        fields = dict.fromkeys(_FIELD.findall(page), VALUE)
        if not fields:
            raise WalkError(f"oTree's page {address} asks nothing")
        began = time.perf_counter()
        answer = await http.post(address, fields)
        if answer.status not in (200, 404) or answer.address == address:
            raise WalkError(f"oTree answered {answer.status} at {answer.address}")
        step(time.perf_counter() - began)
        page, address = answer.text, answer.address
