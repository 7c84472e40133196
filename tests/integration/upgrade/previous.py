"""The release before on the schema of this one: its own tests of the main job, run as they stood.

    .venv/bin/python -m tests.integration.upgrade.previous [--commit C] [tests ...]

While machines are replaced one by one, servers of both releases work on one database, migrated
already. So the code and the tests of an earlier commit are taken out of git into a folder of their
own, and only the template their databases are copied from is made by this release's migrations. A
test that fails there and is not named in `BY_DESIGN` says that a migration took away what was
still used: it belongs into a file called `_contract_`, one release later (`sql/README.md`).
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
PREVIOUS: Final = "c644c79f"
"""The last commit of the release before (there are no tags)."""
MAIN_JOB: Final = tuple(
    f"tests/integration/{name}"
    for name in ("answering", "questionnaire", "receiving", "texting", "visits")
)
"""Dating, reminding, sending, receiving, answering, closing."""
BY_DESIGN: Final[dict[str, str]] = {}
"""Tests of the release before that cannot pass on this schema, and why."""
OVERRIDE: Final = """

async def migrate_everything(url):  # this release's, in place of the one above
    import subprocess
    import sys

    program = "import asyncio, sys; from tests.support.databases import migrate_everything as m;"
    program += "asyncio.run(m(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, url], cwd={root!r}, env={env!r}, check=True)
"""
GOES_ON: Final = """

# This release begins on no schema newer than its own; every one since does where nothing it uses
# was taken away. So do its commands here, for their statements are what is looked at.
SchemaState.current = property(lambda self: self.applied[: len(self.expected)] == self.expected)
"""
FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def take_out(commit: str, folder: Path) -> None:
    """Put the files of a commit into a folder."""
    packed = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(folder, filter="data")


def failures_of(folder: Path, tests: list[str], options: list[str]) -> tuple[list[str], str]:
    """Which of the tests in the folder fail on this release's schema, and the last line said."""
    ours = {**os.environ, "PYTHONPATH": str(ROOT)}
    override = OVERRIDE.format(root=str(ROOT), env=ours)
    for place, more in (
        ("tests/support/databases.py", override),
        ("pro_service/store/migrations.py", GOES_ON),
    ):
        with (folder / place).open("a", encoding="utf-8") as file:
            file.write(more)
    command = [sys.executable, "-m", "pytest", "-rfE", "--tb=line"]
    done = subprocess.run(
        [*command, *options, *tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.strip().splitlines()
    failed = FAILED.findall(done.stdout)
    if done.returncode not in (0, 1):
        failed.append(
            f"pytest ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return failed, said[-1] if said else ""


def main() -> int:
    """Run them; 1 where one fails that is not named."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--commit", default=PREVIOUS)
    asked.add_argument("-n", default="2", help="processes")
    asked.add_argument("tests", nargs="*", default=list(MAIN_JOB))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="pro-previous-") as name:
        take_out(given.commit, Path(name))
        failed, said = failures_of(Path(name), given.tests, ["-n", given.n])
    print(f"{given.commit} on this schema: {said}")
    unnamed = [one for one in failed if one.partition("[")[0] not in BY_DESIGN]
    for one in failed:
        print(one, BY_DESIGN.get(one.partition("[")[0], "FAILS, and is not named"), sep=": ")
    return 1 if unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
