"""The words of letters to staff: both languages alike, and a line for everything Today counts."""

from __future__ import annotations

from pro_service.texts.catalogue import load_texts, placeholders

LETTERS, DESK = load_texts("notices"), load_texts("desk")


def test_both_languages_say_the_same() -> None:
    assert LETTERS.keys("en") == LETTERS.keys("zh_CN")
    for key in LETTERS.keys("en"):
        said = [placeholders(LETTERS.pattern(key, language)) for language in ("en", "zh_CN")]
        assert said[0] == said[1]
        # Nothing but numbers, the site, the link and the protocol's minutes can be filled in; a
        # letter about somebody's own account names its login, and until when its link works.
        own = (
            {"login", "until"}
            if key.startswith(("notice.invitation.", "notice.reset."))
            else set[str]()
        )
        assert said[0] <= {"site", "link", "minutes", "lines", "count"} | own


def test_whatever_today_counts_has_its_line_in_the_digest() -> None:
    counted = {
        key.removeprefix("desk.tally.") for key in DESK.keys("en") if key.startswith("desk.tally.")
    }
    lines = {f"notice.digest.{name}" for name in counted}
    assert lines <= LETTERS.keys("en")
