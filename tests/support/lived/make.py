"""Make the lived study of an older release: `python -m tests.support.lived.make`.

The release is taken from this repository's history, installed beside it and lived: its own demo, 40
participants for 400 days, then people enrolled late (whose questions are open and whose reminders
are still to come) and a staff that acts on an alert and closes calls with words of their own. What
is kept stands in `tests/data/lived_study/`:

study.sql.xz   the database as pg_dump gives it
export.tar.xz  what that release exported of it, and the day and instant
about.json     the keys it was sealed with (made for this, of use for nothing else), links, counts

Takes about ten minutes, a copy of PostgreSQL from the `demo` extra, and the network for packages.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import lzma
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import aiohttp

from pro_service.embedded.binaries import find_binaries
from pro_service.services.keeping.programs import connection_of

RELEASE: Final = "216a353"
HERE: Final = Path(__file__).parents[2] / "data" / "lived_study"
NEWCOMERS: Final = 4
FORMS: Final = re.compile(r'action="(/desk/(?:calls|alerts)/[^"]+)">\s*<input[^>]+value="([^"]+)"')
REFUSED_BY_15: Final = (b"SET transaction_timeout", b"\\restrict", b"\\unrestrict")
"""What a newer pg_dump writes and the oldest supported server does not know."""


def install(folder: Path) -> Path:
    """The release from the repository's history, in a virtual environment; its command."""
    code = folder / "code"
    archive = subprocess.run(["git", "archive", RELEASE], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(code, filter="data")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = folder / "venv" / "bin" / "pip"
    subprocess.run([pip, "install", "-q", "-e", f"{code}[demo]"], check=True)
    return folder / "venv" / "bin" / "pro-service"


class Demo:
    """The old release's demo, running on a folder."""

    def __init__(self, command: Path, folder: Path) -> None:
        """Start it, and wait until it serves."""
        self.command, self.data = command, folder / "demo"
        self.ready = folder / "ready.json"
        self.ready.unlink(missing_ok=True)
        how = ["--participants", "40", "--days", "400", "--port", "0"]
        self.process = subprocess.Popen(
            [command, "demo", "--data", self.data, "--ready", self.ready, *how]
        )
        while not self.ready.exists():
            if self.process.poll() is not None:
                raise SystemExit("The demo ended before it served.")
            time.sleep(0.5)
        self.doors: dict[str, Any] = json.loads(self.ready.read_text("utf-8"))

    def run(self, *words: str | Path) -> str:
        """One of its commands, on the same folder."""
        done = subprocess.run(
            [self.command, *words, "--data", self.data, "--actor", "operator"],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def enrol_newcomers(demo: Demo, folder: Path) -> None:
    """People whose injection is still to come, so that something is open and something due."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    planned = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86400))
    head = (
        "code,site,phone,language,zone,channel,consent_version,consent_on,messaging_consent,"
        "treated_knees,planned_injection_on"
    )
    lines = [
        f"L-{n:03},NY01,+1212555{190 + n:04},en,America/New_York,"
        f"{'link' if n % 2 else 'text'},1,{today},yes,left,{planned}"
        for n in range(1, NEWCOMERS + 1)
    ]
    file = folder / "newcomers.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    demo.run("enrol", "--csv", file)
    code = f"L-{NEWCOMERS:03}"
    demo.run("participant", "status", code, "paused", "--reason", "visits her sister in hospital")


async def work_at_the_desk(demo: Demo) -> int:
    """Move study time on, act on what alarms and close calls, in words; how many were written."""
    base = demo.doors["base_url"]
    written = 0
    origin = {"Origin": base}
    jar = aiohttp.CookieJar(unsafe=True)  # The demo's address is a number.
    async with aiohttp.ClientSession(base, headers=origin, cookie_jar=jar) as session:
        for _ in range(3):
            async with session.post(
                "/demo/phone/move", data={"days": "1", "person": "L-001"}
            ) as moved:
                moved.raise_for_status()
        desk = demo.doors["desk"]
        who = {"login": "investigator", "password": desk["password"]}
        async with session.post("/desk/sign-in", data=who) as entered:
            page = await entered.text()
        for action, secret in FORMS.findall(page):
            words = {
                "form": secret,
                "back": "/desk",
                "outcome": "reached",
                "note": f"She says the knee is warm since Monday ({written}).",
                "action": f"Rang her; comes in tomorrow ({written}).",
            }
            async with session.post(action, data=words) as answer:
                written += answer.status == 200
    return written


def dump(demo: Demo, folder: Path) -> bytes:
    """The database as text, with what the oldest supported server does not know left out."""
    server = subprocess.Popen(
        [sys.executable, "-m", "pro_service.embedded", "--data", demo.data / "postgresql"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    bare, environment = connection_of(url)
    command = [str(find_binaries(None, major=None).bin_dir / "pg_dump"), "--dbname", bare]
    try:
        text = subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
    return b"".join(
        line for line in text.splitlines(keepends=True) if not line.startswith(REFUSED_BY_15)
    )


def keep(demo: Demo, folder: Path, about: dict[str, Any]) -> None:
    """Write the three files."""
    HERE.mkdir(parents=True, exist_ok=True)
    with tarfile.open(HERE / "export.tar.xz", "w:xz") as packed:
        for file in sorted((folder / "export").iterdir()):
            packed.add(file, file.name)
    (HERE / "study.sql.xz").write_bytes(lzma.compress(dump(demo, folder), preset=9))
    about["keys"] = json.loads((demo.data / "keys.json").read_text("utf-8"))
    (HERE / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Live it, export it, dump it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="work here, and keep what was made")
    given = parser.parse_args().folder
    folder = given or Path(tempfile.mkdtemp(prefix="lived-study-"))
    folder.mkdir(parents=True, exist_ok=True)
    # The database's own account, where this runs as root, must reach its part of it.
    folder.chmod(0o755)
    command = folder / "venv" / "bin" / "pro-service"
    demo = Demo(command if command.exists() else install(folder), folder)
    try:
        enrol_newcomers(demo, folder)
        written = asyncio.run(work_at_the_desk(demo))
    finally:
        demo.stop()
    demo = Demo(command, folder)  # Only its start says where the open questionnaires are.
    try:
        links = demo.doors["links"]
        demo.run("export", "--csv", folder / "export")
    finally:
        demo.stop()
    if not written or not links:
        raise SystemExit(f"{written} notes of staff and {len(links)} open links: too little.")
    keep(demo, folder, {"release": RELEASE, "links": links, "written_at_desk": written})
    print(f"{written} notes of staff, {len(links)} open links; kept in {HERE}")


if __name__ == "__main__":
    main()
