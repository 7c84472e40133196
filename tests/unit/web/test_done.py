"""The sentences of success: each that is said is there in both languages, and each is said."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pro_service
from pro_service.domain.instruments.model import LANGUAGES
from pro_service.texts.catalogue import load_texts

DESK = Path(pro_service.__file__).parent / "web" / "desk"
PREFIX = "desk.done."


def strings(tree: ast.AST) -> Iterator[str]:
    """Every string written in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_sentence_is_in_both_languages_and_said_by_some_form() -> None:
    texts = load_texts("desk")
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in DESK.rglob("*.py")]
    written = {one for tree in trees for one in strings(tree)}
    said = {
        call.args[2].value
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "done"
        and len(call.args) > 2
        and isinstance(call.args[2], ast.Constant)
    }
    for language in LANGUAGES:
        there = {key.removeprefix(PREFIX) for key in texts.keys(language) if key.startswith(PREFIX)}
        assert said <= there
        assert there <= written
        for one in there:
            # Nothing but a code and a day can be named: it stands in the address.
            assert texts.text(PREFIX + one, language, code="K-001", day="Mon 7 Dec")
