"""The sentences of success: each that is said is there in both languages, and each is said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pro_service
from pro_service.domain.instruments.model import LANGUAGES
from pro_service.texts.catalogue import load_texts

HOME = Path(pro_service.__file__).parent
FOLDERS = (HOME / "web" / "desk", HOME / "services" / "desk")
PREFIX = "desk.done."


def strings(tree: ast.AST) -> Iterator[str]:
    """Every string written in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def put_together(tree: ast.AST) -> Iterator[str]:
    """A pattern of every string that is put together of words and what is known later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [one.value if isinstance(one, ast.Constant) else "*" for one in node.values]
            pattern = "".join(str(one) for one in parts)
            if re.search("[a-z]{4}", pattern):
                yield pattern


def options(node: ast.expr) -> Iterator[str]:
    """The strings an expression may come to, as far as they are written."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from options(node.body)
        yield from options(node.orelse)


SAYING = {"done": 2, "say_done": 2, "Done": 0, "DoneBefore": 2}
"""What says a sentence, and which of its arguments is the key."""


def said_by(tree: ast.AST) -> Iterator[str]:
    """Every key of a sentence that is said in a module."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            place = SAYING.get(call.func.id)
            if place is not None and len(call.args) > place:
                yield from options(call.args[place])


def test_every_sentence_is_in_both_languages_and_said_by_some_form() -> None:
    texts = load_texts("desk")
    paths = [path for folder in FOLDERS for path in folder.rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    written = {one for tree in trees for one in strings(tree)}
    made = [one for tree in trees for one in put_together(tree)]
    said = {key for tree in trees for key in said_by(tree)}
    assert {"extra_visit_asked", "contact_ended", "number_waiting", "already_called"} <= said
    for language in LANGUAGES:
        there = {key.removeprefix(PREFIX) for key in texts.keys(language) if key.startswith(PREFIX)}
        assert said <= there
        assert {
            one for one in there - written if not any(fnmatch(one, key) for key in made)
        } == set()
        for one in there:
            # A code, a day, a word and who did it can be named: it stands in the address.
            assert texts.text(
                PREFIX + one, language, code="K-001", day="Mon 7 Dec", what="Rang", who="anna"
            )
