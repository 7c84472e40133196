"""What a browser calls itself, in the words its owner knows it by."""

from __future__ import annotations

import pytest

from pro_service.web.desk.account.devices import device_in_words

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{WINDOWS} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        (f"{WINDOWS} Chrome/140.0 Safari/537.36", "Chrome · Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
            "Firefox · Linux",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 MicroMessenger/8.0", "WeChat · Android"),
        ("curl/8.5", ""),
        (None, ""),
    ],
)
def test_browser_and_system_are_named_as_far_as_they_are_known(
    agent: str | None, words: str
) -> None:
    assert device_in_words(agent) == words
