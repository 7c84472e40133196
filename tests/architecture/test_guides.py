"""The guides tell the truth: links lead somewhere, commands and settings exist, paths are there."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.core import TyperGroup

from pro_service.cli.lazy import loaded
from pro_service.cli.main import app
from pro_service.config import PREFIX, Settings

ROOT = Path(__file__).parents[2]
LONGEST_README = 200
FOLDERS = ("pro_service", "sql", "tests", ".ci")
OF_TESTS = {
    "PRO_HYPOTHESIS_PROFILE",
    "PRO_TEST_DATABASE_URL",
    "PRO_TEST_POSTGRES_BIN",
    "PRO_REQUIRE_BROWSER",
    "PRO_REQUIRE_STANDARDS",
    "PRO_SCREENSHOTS",
}
ENDINGS = (".py", ".sql", ".toml", ".po", ".sh", ".js", ".css", ".html", ".md")
"""A name with one of these in inline code is a file of ours, wherever it stands."""

FENCED = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:img|a)\b[^>]*\b(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
PATH = re.compile(r"\.?[A-Za-z_][\w.-]*(?:/[\w.-]+)*/?")
COMMAND = re.compile(r"(?:\bpro-service(?::\w+)?|\$pro)\s+(?!pro-service)(?=([a-z-].*))")
MODULE = re.compile(r"\bpython3? -m ([\w.]+)")
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]+\b")
SEPARATORS = {"&&", "||", "|", ";", ">", ">>", "<"}


class Guide(NamedTuple):
    """A guide: where it stands and what it says."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """What it says outside of code blocks."""
        return FENCED.sub("", self.text)

    @property
    def code(self) -> Iterator[str]:
        """Every piece of inline code, and every line of a shell block, continued lines as one."""
        yield from (" ".join(found.split()) for found in INLINE.findall(self.prose))
        for kind, block in FENCED.findall(self.text):
            if kind == "sh":
                yield from block.replace("\\\n", " ").splitlines()


def files() -> Iterator[Path]:
    """Every file of the repository; what else may lie beside them is not looked at."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file())


FILE_NAMES = frozenset(path.name for path in files())
GUIDES = [
    Guide(path, path.read_text(encoding="utf-8"))
    for path in sorted(files())
    if path.suffix == ".md"
]
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=[guide.name for guide in GUIDES])


def anchors(text: str) -> set[str]:
    """The anchors of a guide's headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
        for heading in HEADING.findall(FENCED.sub("", text))
    }


def dead_links(guide: Guide) -> list[str]:
    """Links of a guide that lead to no file or no heading."""
    dead = []
    for target in (first or second for first, second in LINK.findall(guide.prose)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = guide.path.parent / name
        if not path.exists():
            dead.append(target)
        elif anchor:
            text = path.read_text(encoding="utf-8") if name else guide.text
            if anchor not in anchors(text):
                dead.append(target)
    return dead


def missing_paths(guide: Guide) -> list[str]:
    """Paths in inline code that lead nowhere: from the root, the package, or the guide's folder."""
    places = (ROOT, ROOT / "pro_service", guide.path.parent)
    missing = []
    for said in INLINE.findall(guide.prose):
        if not PATH.fullmatch(said):
            continue
        first, *further = said.split("/")
        of_ours = (said.endswith(ENDINGS) and said not in ENDINGS) or (
            bool(further) and any((place / first).exists() for place in places)
        )
        found = any((place / said).exists() for place in places) or said in FILE_NAMES
        if of_ours and not found:
            missing.append(said)
    return missing


@cache
def command_line() -> TyperGroup:
    """`pro-service` with all its commands."""
    return loaded(app)


def unknown_commands(guide: Guide) -> list[str]:
    """Commands of ours, or their options, that the command line does not have."""
    root = command_line()
    groups = {name for name, one in root.commands.items() if isinstance(one, TyperGroup)}
    unknown = []
    for line in guide.code:
        words = COMMAND.findall(line)
        if not words and re.match(rf"(?:{'|'.join(groups)}) [a-z]", line):
            words = [line]  # Named without the program: `wording load FILE`.
        unknown += [line for said in words if not is_command(root, said)]
    return unknown


def is_command(root: TyperGroup, said: str) -> bool:
    """Whether there is such a command with all options named."""
    words = split_words(said)
    command = root.commands.get(words.pop(0))
    while isinstance(command, TyperGroup):
        unnamed = getattr(command, "unnamed", "")  # what `restore FILE` is short for
        named = command.commands.get(words.pop(0)) if words else None
        command = named or command.commands.get(unnamed)
    if command is None:
        return False
    options = [[*parameter.opts, *parameter.secondary_opts] for parameter in command.params]
    known = {option for named in options for option in named} | {"--help"}
    return {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def split_words(said: str) -> list[str]:
    """The words of the first command of a line, without its comment."""
    words: list[str] = []
    for word in shlex.split(said.replace("[", " ").replace("]", " "), comments=True):
        if word in SEPARATORS:
            break
        words.append(word)
    return words


def test_there_are_guides() -> None:
    names = {guide.name for guide in GUIDES}
    assert {"README.md", "CONTRIBUTING.md", "sql/README.md"} <= names


@each_guide
def test_every_link_and_picture_leads_somewhere(guide: Guide) -> None:
    assert dead_links(guide) == []


@each_guide
def test_every_path_a_guide_names_is_there(guide: Guide) -> None:
    assert missing_paths(guide) == []


@each_guide
def test_every_command_a_guide_names_exists(guide: Guide) -> None:
    assert unknown_commands(guide) == []


@each_guide
def test_every_module_a_guide_runs_exists(guide: Guide) -> None:
    named = {name for line in guide.code for name in MODULE.findall(line)}
    assert {name for name in named if importlib.util.find_spec(name) is None} == set()


def test_the_readme_is_short() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_README


def test_the_readme_names_every_setting_and_no_other() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## Settings\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in VARIABLE.findall(row)}
    assert named == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


@each_guide
def test_no_guide_names_a_setting_that_is_not_read(guide: Guide) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OF_TESTS
    assert set(VARIABLE.findall(guide.text)) <= known


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ("[here](gone.md)", ["gone.md"]),
        ("[here](#no-such-heading)", ["#no-such-heading"]),
        ('<img src="tests/browser/pictures/gone.png">', ["tests/browser/pictures/gone.png"]),
        ("[here](sql/README.md#gone)", ["sql/README.md#gone"]),
        ("`pro_service/gone.py`, `gone.sql`", ["pro_service/gone.py", "gone.sql"]),
        ("`pro-service staff dance`", ["pro-service staff dance"]),
        ("`wording sing FILE`", ["wording sing FILE"]),
        ("`pro-service export --fax`", ["pro-service export --fax"]),
        ("```sh\n$pro serve --slowly   # no\n```", ["$pro serve --slowly   # no"]),
        (
            "[here](#all-is-well)\n\n# All is well\n\n`.po`, `pro-service serve --port 0`, `sql/`",
            [],
        ),
    ],
)
def test_what_is_wrong_is_found(said: str, faults: list[str]) -> None:
    guide = Guide(ROOT / "README.md", said + "\n")
    assert dead_links(guide) + missing_paths(guide) + unknown_commands(guide) == faults
