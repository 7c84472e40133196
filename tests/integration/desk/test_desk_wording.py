"""Staff are told where a participant meets neutral labels for want of licensed wording."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from pro_service.services.base.context import ServiceContext
from tests.support.desk import page
from tests.support.packs import load_nonsense
from tests.support.seed import SeededParticipant, make_context

SAID = "Neutral labels are shown in place of the licensed wording"


@pytest.fixture(params=["no pack", "en", "zh_CN"])
def context(request: pytest.FixtureRequest, tmp_path: Path) -> ServiceContext:
    """A context without a pack, or with one in some language."""
    made = make_context()
    if request.param != "no pack":
        made.catalogue.use_wordings([load_nonsense(tmp_path, "womac-nrs-3.1", request.param)])
    return made


async def test_neutral_labels_are_said_to_be_so_unless_the_participant_s_language_has_a_pack(
    participant: SeededParticipant, desk: aiohttp.ClientSession, context: ServiceContext
) -> None:
    _, text = await page(desk, "/desk/participants/P-001")
    womac = context.catalogue.instruments["womac-nrs-3.1"]
    assert (SAID in text) is womac.lacks_wording("en")
    if SAID in text:
        named = text.partition(SAID)[2].partition("</p>")[0]
        assert womac.title["en"] in named
        assert "Knee pain over the past day" not in named
