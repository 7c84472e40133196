"""The bar of the desk names the sites of who is in, or counts them where they have no room."""

from __future__ import annotations

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.texts.catalogue import load_texts
from pro_service.web.desk.frame.rooms import sites_said
from pro_service.web.desk.words import Words

WORDS = Words(load_texts("desk"), "en", load_instruments())


@pytest.mark.parametrize(
    ("codes", "crowded", "said"),
    [
        ([], True, None),
        (["BJ01"], True, ("BJ01", None)),
        (["BJ01", "NJ02"], False, ("BJ01, NJ02", None)),
        (["BJ01", "NJ02"], True, ("2 sites", "BJ01, NJ02")),
        (["BJ01", "NJ02", "SH03", "XA04"], False, ("4 sites", "BJ01, NJ02, SH03, XA04")),
    ],
)
def test_no_site_is_cut_off_and_all_are_named_somewhere(
    codes: list[str], crowded: bool, said: tuple[str, str | None] | None
) -> None:
    assert sites_said(WORDS, codes, crowded=crowded) == said
