"""The commands of measures as an operator runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.support.command import commands_with
from tests.support.measures import UTE, csv_of
from tests.support.study import Trial

SHIPPED: Final = Path("pro_service/catalog/measures/ute_t2s.toml")


def value(**cells: str) -> dict[str, str]:
    """A row of a file of values."""
    return UTE | cells


async def test_measures_are_checked_previewed_brought_and_recorded_by_command(
    enrolled: Trial, database_url: str, tmp_path: Path
) -> None:
    do = commands_with(database_url, enrolled.context.keys.vault, actor="dana")
    checked = await do.call("measure", "check", str(SHIPPED))
    assert (checked.code, "ute_t2s" in checked.out) == (0, True), checked
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SHIPPED.read_text("utf-8").replace("decimals = 2", "decimals = -2"), "utf-8")
    refused = await do.call("measure", "check", str(wrong))
    assert (refused.code, "decimals" in refused.out) == (1, True), refused

    file = tmp_path / "reads.csv"
    file.write_bytes(csv_of([value(), value(layer="full")]))
    brought = await do.call("measure", "import", str(file), "--reason", "core laboratory")
    assert (brought.code, "2 new" in brought.out) == (0, True), brought
    again = await do.call("measure", "import", str(file), "--reason", "core laboratory")
    assert "2 same" in again.out
    assert "Nothing was written." in again.out

    rows = [
        value(),
        value(layer="full", value="13"),
        value(layer="superficial"),
        value(region="cMTP", knee="right"),
        value(region="cMTP", exam_on="2025-11-01"),
        value(participant="P-999"),
    ]
    file.write_bytes(csv_of(rows))
    shown = await do.call("measure", "import", str(file), "--preview")
    assert shown.code == 1
    assert "Nothing was kept: 1 new, 1 changed, 1 same, 3 refused." in shown.err
    for said in (
        "row 5: knee is not the treated knee",
        "row 6: exam_on is in no visit's window",
        "row 7: participant is nobody you may write about",
    ):
        assert said in shown.err
    assert await enrolled.count("measurements") == 2

    kept = await do.call("measure", "record", "P-1", "--measure", "weight", "--on", "2026-01-05",
                  "--value", "80.5")  # fmt: skip
    assert kept.code == 0, kept
    stays = await do.call("measure", "record", "P-1", "--measure", "weight", "--on", "2026-01-05",
                   "--value", "800")  # fmt: skip
    assert (stays.code, "outside 25 to 250" in stays.err) == (1, True), stays
    for options, words in (
        (("--on", "nonsense"), "'nonsense' is not a day. Write it as 2027-03-01."),
        (("--on", "2026-01-05", "--knee", "elbow"), "--knee is not one knee."),
        (("--on", "2026-01-05", "--value", "heavy"), "--value is not a number."),
    ):
        done = await do.call("measure", "record", "P-1", "--measure", "weight", *options)
        assert (done.code, words in done.err) == (1, True), done
    for verb, path in (("exams", "nowhere.csv"), ("take", "nowhere.csv"), ("take", str(tmp_path))):
        done = await do.call("reads", verb, path)
        assert (done.code, f"error: {path} cannot be read" in done.err) == (1, True), done
        assert "Traceback" not in done.err
    stored = await enrolled.fetch(
        "SELECT measure, count(*), max(actor) FROM measurements GROUP BY 1 ORDER BY 1"
    )
    assert stored == [("ute_t2s", 2, "cli:dana"), ("weight", 1, "cli:dana")]
