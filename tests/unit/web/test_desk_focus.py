"""Who works by keyboard or by ear is led to the sentence that answers what they did."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

FOLDER: Final = files("pro_service.web.desk").joinpath("templates")
ANSWERS: Final = re.compile(r'<[^<>]*role="(?:alert|status)"[^<>]*>')
NO_ANSWERS: Final = ("data-failed hidden", "sending_held")
"""What a script shows later, and what stands there whatever was done."""


def test_every_sentence_that_answers_an_action_has_the_focus() -> None:
    found, without = 0, []
    for path in FOLDER.iterdir():
        if not path.name.endswith(".html"):
            continue
        for line in path.read_text("utf-8").splitlines():
            for tag in ANSWERS.findall(line):
                if any(one in line for one in NO_ANSWERS):
                    continue
                found += 1
                if 'tabindex="-1" autofocus' not in tag:
                    without.append(f"{path.name}: {tag}")
    assert found > 40
    assert without == []
