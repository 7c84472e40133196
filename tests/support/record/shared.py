"""Schemas of others that tests hold files against: they lie beside the checkout, not in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def standard(name: str) -> Path:
    """A published schema, from `shared/facts/standards` in the first folder above that has one.

    Without it a test is skipped, but where PRO_REQUIRE_STANDARDS is set, as in CI.
    """
    for folder in Path(__file__).parents:
        path = folder / "shared" / "facts" / "standards" / name
        if path.exists():
            return path
    missing = f"shared/facts/standards/{name} lies in no folder above the tests"
    if os.environ.get("PRO_REQUIRE_STANDARDS"):
        pytest.fail(missing)
    pytest.skip(missing)
