"""The guide's curl lines, run as they stand."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.programs.webhooks import Kind
from pro_service.domain.study.permissions import Role
from pro_service.services.study.staff import add_staff
from tests.support.programs import ask, seed_key
from tests.support.seed import ACTOR, SeededParticipant

GUIDE: Final = Path(__file__).parents[3] / "pro_service" / "web" / "api" / "README.md"
LINES: Final = re.findall(r"```sh\n(.+?)\n```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
async def test_the_lines_of_the_guide_do_what_it_says(
    participant: SeededParticipant, server: TestServer, browser: aiohttp.ClientSession
) -> None:
    study = participant.study
    made = await seed_key(study)
    # The one program is a coordinator and a data manager: it writes, and takes files.
    await add_staff(
        *(study.owner, study.id),
        login="registry",
        language="en",
        site_code="S1",
        role=Role.data_manager,
        actor=ACTOR,
    )
    read = await ask(browser, made, f"/participants/{participant.code}/events")
    environment = os.environ | {
        "BASE": str(server.make_url("/")).rstrip("/"),
        "KEY": made.key,
        "CODE": participant.code,
        "TAG": read.headers["ETag"],
    }
    said = []
    for line in LINES:
        done = await asyncio.to_thread(
            subprocess.run,
            ["sh", "-c", line],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
    listed, same, recorded, exported = said
    assert '"code":"P-001"' in listed
    assert same == "304"
    assert '"state":"waiting","done":0,"total":null,"tables":["visits"]' in exported
    assert recorded == '{"code":"P-001","kind":"injection","ordinal":1}'


def test_the_guide_names_every_scope_and_kind() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [one for one in (*Scope, *Kind) if f"`{one}`" not in guide] == []
