"""`pro-service demo` as a newcomer uses it: started, played with, stopped, started again."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from pro_service.embedded import find_running
from tests.support.command import Commands, Running
from tests.support.waiting import PATIENCE_SECONDS, until

SHORT = ("--participants", "6", "--days", "6")
LIVING = "days are being lived"
"""What the first start says before its one long work."""
SILENT = "K-0006"
"""Whose telephone was off all the time: no text came, and the questions stay open."""


@dataclass
class Demo:
    """A demo that serves, and a browser without scripts."""

    running: Running
    doors: dict[str, Any]
    session: aiohttp.ClientSession

    async def page(self, path: str) -> str:
        """The page at a path."""
        async with self.session.get(path) as response:
            assert response.status == 200, path
            return await response.text()

    async def post(self, path: str, **form: str) -> tuple[str, str]:
        """Send one of the phone's forms; the address and the page it led to."""
        async with self.session.post(path, data=form) as response:
            assert response.status == 200, path
            return str(response.url), await response.text()


@asynccontextmanager
async def demo(folder: Path, *words: str) -> AsyncIterator[Demo]:
    """Start the command and wait for its ready file, as a program would."""
    ready = folder.parent / "ready.json"
    asked = ("demo", "--data", str(folder), "--port", "0", "--ready", str(ready), *words)
    async with Commands(None).running(*asked, ready="Ctrl-C stops") as running:
        await appears(ready, running)
        doors = json.loads(ready.read_text(encoding="utf-8"))
        async with aiohttp.ClientSession(doors["base_url"]) as session:
            yield Demo(running, doors, session)


async def appears(path: Path, running: Running) -> None:
    """Wait for a file the command writes."""

    async def is_there() -> bool:
        assert running.process.poll() is None, running.text()
        return await asyncio.to_thread(path.exists)

    await until(is_there)


async def interrupt(demo: Demo) -> int:
    """Press Ctrl-C; the exit code."""
    demo.running.process.send_signal(signal.SIGINT)
    return await asyncio.to_thread(demo.running.process.wait, PATIENCE_SECONDS)


async def study_time(demo: Demo) -> datetime:
    """The instant a move of one day began at, which is study time before it."""
    address, _ = await demo.post("/demo/phone/move", person=SILENT, days="1")
    return datetime.fromisoformat(parse_qs(urlsplit(address).query)["since"][0])


async def test_a_newcomer_plays_stops_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "a demo"
    async with demo(folder, *SHORT) as first:
        assert LIVING in first.running.text()
        await _look_around(first)
        await _reply(first)
        await _open_a_link(first)
        reached = await _move_on(first)
        user, password = first.doors["desk"]["user"], first.doors["desk"]["password"]
        assert await interrupt(first) == 0
    assert find_running(folder / "postgresql") is None
    assert not (tmp_path / "ready.json").exists()

    async with demo(folder, *SHORT) as second:
        assert LIVING not in second.running.text()
        assert second.doors["desk"]["user"] == user
        assert second.doors["desk"]["password"] == password
        assert "hello from the test" in await second.page("/demo/phone?person=K-0001")
        assert await study_time(second) >= reached
        assert await interrupt(second) == 0


async def _look_around(demo: Demo) -> None:
    """The start page, the desk's door, a phone with texts, the mark, a policy without inline."""
    assert "/demo/phone" in await demo.page("/")
    assert 'type="password"' in await demo.page("/desk/sign-in")
    assert 'class="got"' not in await demo.page(f"/demo/phone?person={SILENT}")
    page = await demo.page("/demo/phone?person=K-0001")
    assert "Demonstration" in page
    await _see_the_desk(demo)
    await _see_staff_told(demo)
    # Somebody wrote of a warning sign just before the demo opened: an alert waits for the visitor.
    whole = "/demo/phone?person=K-0001&since=2020-01-01T00:00:00%2B00:00"
    assert re.search(r"<strong>[1-9]\d*</strong> <span>alerts? raised", await demo.page(whole))
    assert "Study team" in page or "研究团队" in page
    async with demo.session.get("/demo/phone") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy
    for address in re.findall(r"/demo/phone/static/[\w.-]+", page):
        assert await demo.page(address)
    chinese = await demo.session.get("/demo/phone", headers={"Accept-Language": "zh-CN"})
    assert "研究时间" in await chinese.text()


async def _see_staff_told(demo: Demo) -> None:
    """Of that alert somebody is told by mail, whatever day it is; the letter names nobody."""

    async def is_told() -> bool:
        return "One urgent matter, site" in await demo.page("/demo/staff")

    await until(is_told)
    assert "K-000" not in await demo.page("/demo/staff")


async def _see_the_desk(demo: Demo) -> None:
    """Whatever day it is, a fresh alert and calls to make wait for the visitor at the desk."""
    jar = aiohttp.CookieJar(unsafe=True)
    who = {"login": demo.doors["desk"]["user"], "password": demo.doors["desk"]["password"]}
    async with (
        aiohttp.ClientSession(demo.doors["base_url"], cookie_jar=jar) as desk,
        desk.post("/desk/sign-in", data=who) as response,
    ):
        page = await response.text()
    assert re.search(r"Alerts <strong>[1-9]", page)
    assert re.search(r"Calls to make <strong>[2-9]", page)


async def _reply(demo: Demo) -> None:
    """A text sent from the page's form is on the phone, and so is the answer to it."""
    form = {"person": "K-0001", "text": "hello from the test"}
    _, page = await demo.post("/demo/phone/text", **form)
    assert "hello from the test" in page
    after = page.split("hello from the test")[1]
    assert 'class="got"' in after
    foreign = {"Sec-Fetch-Site": "cross-site"}
    async with demo.session.post("/demo/phone/text", data=form, headers=foreign) as response:
        assert response.status == 403
    async with demo.session.post("/demo/phone/move", data=form, headers=foreign) as response:
        assert response.status == 403


async def _open_a_link(demo: Demo) -> None:
    """Who has been silent has an open questionnaire, and its address leads there."""
    address = demo.doors["links"][SILENT]
    assert address.startswith(demo.doors["base_url"] + "/q/")
    assert "/open" in await demo.page(urlsplit(address).path)
    assert urlsplit(address).path in await demo.page(f"/demo/phone?person={SILENT}")


async def _move_on(demo: Demo) -> datetime:
    """On to the next event, then by days: things happen, and the page says which."""
    async with demo.session.get(
        "/demo/phone/now", params={"person": SILENT, "since": "2020-01-01T00:00:00+00:00"}
    ) as response:
        before = await response.json()
    await demo.post("/demo/phone/move", person=SILENT, to="next")
    _, page = await demo.post("/demo/phone/move", person=SILENT, days="7")
    assert "visits closed" in page
    assert re.search(r"<strong>[1-9]\d*</strong> <span>(calls to make|visits closed)", page)
    async with demo.session.get(
        "/demo/phone/now", params={"person": SILENT, "after": before["last"]}
    ) as response:
        news = await response.json()
    assert news["clock"] != before["clock"]
    for wrong in ({"days": "0"}, {"days": "many"}, {"days": "100000"}):
        form = {"person": SILENT, **wrong}
        async with demo.session.post("/demo/phone/move", data=form) as response:
            assert response.status == 400
    return await study_time(demo)


@pytest.mark.thorough
async def test_a_history_cut_short_is_lived_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    words = ("demo", "--data", str(folder), "--port", "0", "--participants", "2", "--days", "2")
    async with Commands(None).running(*words, ready="are being lived") as killed:
        await appears(folder / "postgresql" / "server.json", killed)
        killed.process.kill()
        await asyncio.to_thread(killed.process.wait)
    assert json.loads((folder / "demo.json").read_text(encoding="utf-8"))["state"] == "living"
    async with demo(folder, "--participants", "2", "--days", "2") as again:
        assert "cut short" in again.running.text()
        assert await again.page("/demo/phone?person=K-0001")
        assert await interrupt(again) == 0
