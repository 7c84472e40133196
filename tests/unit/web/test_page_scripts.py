"""Scripts and style sheet of the participants' pages run in browsers that are years old.

Messengers open links in the telephone's WebView, which on an old telephone may be Chromium 69.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.resources import files
from types import ModuleType

import pytest

from pro_service.web.questionnaire.views import SCRIPTS

STATIC = files("pro_service.web.questionnaire").joinpath("static")
SHEET = STATIC.joinpath("pages.css").read_text("utf-8")

NEWER_CALLS = {
    "at",
    "flat",
    "flatMap",
    "fromEntries",
    "matchAll",
    "replaceAll",
    "replaceChildren",
    "requestSubmit",
    "structuredClone",
    "submitter",
    "allSettled",
    "any",
    "timeout",
    "randomUUID",
    "queueMicrotask",
    "trimEnd",
}
"""Names that came after Chromium 69, or are not safe to count on in it."""

NEWER_CSS = {
    "inset shorthand": r"(?<![\w-])inset\s*:",
    "logical properties": r"(?:margin|padding|border|inset)-(?:inline|block)",
    "aspect-ratio": r"aspect-ratio\s*:",
    "math functions": r"\b(?:min|max|clamp)\(",
    "nesting": r"^\s+&",
    "layers": r"@(?:layer|container|property|scope)\b",
    "new selectors": r":(?:is|where)\(",
    "new units": r"\d(?:dvh|svh|lvh|cqw|lh)\b",
    "colour functions": r"\b(?:color-mix|oklch|lab|light-dark)\(",
    "space separated colours": r"rgba?\([^,)]+\s[^,)]+\)",
}


@pytest.fixture(params=SCRIPTS)
def script(request: pytest.FixtureRequest) -> str:
    """The source of one script."""
    return STATIC.joinpath(str(request.param)).read_text("utf-8")


@pytest.fixture(scope="module")
def esprima() -> ModuleType:
    """A reader of scripts. It takes seconds to load: not by every worker that collects tests."""
    return import_module("esprima")


def nodes(tree: object) -> list[object]:
    """Every node of a syntax tree."""
    found: list[object] = []
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif hasattr(node, "type"):
            found.append(node)
            left += list(vars(node).values())
    return found


def test_every_script_parses_as_a_classic_script_of_es2019(
    script: str, esprima: ModuleType
) -> None:
    tree = esprima.parseScript(script)
    kinds = {getattr(node, "type", "") for node in nodes(tree)}
    assert "CallExpression" in kinds
    assert not kinds & {"Import", "ImportDeclaration"}


@pytest.mark.parametrize("newer", ["a?.b", "a ?? b", "a ||= 1", "1_000", "class A { #b = 1 }"])
def test_the_parser_refuses_what_is_newer(newer: str, esprima: ModuleType) -> None:
    with pytest.raises(esprima.Error):
        esprima.parseScript(newer)


def test_no_script_calls_what_an_old_browser_does_not_have(
    script: str, esprima: ModuleType
) -> None:
    used = {
        str(getattr(getattr(node, "property", None), "name", ""))
        for node in nodes(esprima.parseScript(script))
        if getattr(node, "type", "") == "MemberExpression"
    }
    assert used
    assert not used & NEWER_CALLS


def test_no_script_keeps_answers_in_the_browser_or_writes_source_into_a_page(script: str) -> None:
    for forbidden in ("localStorage", "sessionStorage", "indexedDB", "innerHTML", "eval", "cookie"):
        assert not re.search(rf"\b{forbidden}\b", script), forbidden


def without_comments(sheet: str) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)


@pytest.mark.parametrize("what", NEWER_CSS)
def test_the_style_sheet_uses_nothing_newer_than_chromium_69(what: str) -> None:
    assert not re.search(NEWER_CSS[what], without_comments(SHEET), flags=re.MULTILINE)


def rules(sheet: str) -> list[tuple[str, str]]:
    """Every innermost rule: its selectors, its declarations."""
    return re.findall(r"([^{}]+)\{([^{}]*)\}", without_comments(sheet))


def test_newer_selectors_stand_in_rules_of_their_own_and_nothing_depends_on_them() -> None:
    seen = set()
    for selectors, declarations in rules(SHEET):
        newer = set(re.findall(r":has|:focus-visible|::-moz-[\w-]+|::-webkit-[\w-]+", selectors))
        seen |= newer
        if not newer:
            continue
        # An old browser drops a whole rule for one selector it does not know.
        assert "," not in selectors, selectors
        if ":has" in newer:
            names = set(re.findall(r"([\w-]+)\s*:", declarations))
            assert names <= {"border-color", "box-shadow", "outline"}, selectors
    assert {":has", ":focus-visible"} <= seen


def test_rows_that_are_no_grids_keep_their_distance_without_gap() -> None:
    for selectors, declarations in rules(SHEET):
        if re.search(r"display:\s*flex", declarations):
            assert not re.search(r"(?<![\w-])gap\s*:", declarations), selectors
