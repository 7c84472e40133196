"""The files kept of the lived study are what its release wrote."""

from __future__ import annotations

import hashlib

from tests.support.lived import LATE, about, old_export


def test_the_old_export_is_whole() -> None:
    """The fixture itself: what the check sums of the old release say."""
    files = old_export()
    lines = files["SHA256SUMS"].decode().splitlines()
    assert len(lines) == len(files) - 1
    for line in lines:
        digest, name = line.split(maxsplit=1)
        assert hashlib.sha256(files[name.lstrip("*")]).hexdigest() == digest


def test_what_is_told_of_it_has_what_the_tests_go_by() -> None:
    kept = about()
    assert {*LATE, "L-004"} == set(kept["links"])
    assert kept["written_at_desk"] > 0
    assert {"vault", "index", "link"} <= set(kept["keys"])
