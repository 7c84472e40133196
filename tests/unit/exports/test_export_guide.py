"""The guide's lines from an export to a mixed model do what they say."""

from __future__ import annotations

import csv
import random
import re
import runpy
from pathlib import Path
from typing import Any, Final

import pytest

from pro_service.services.exports.columns import TABLES

GUIDE: Final = Path(__file__).parents[3] / "pro_service" / "services" / "exports" / "README.md"
EFFECTS: Final = {"week_2": -10.0, "month_3": -20.0, "month_6": -15.0}
SLOPE: Final = -0.5
BETWEEN, WITHIN = 25.0, 9.0


def write_adpro(folder: Path, people: int) -> None:
    """Two knees each, three visits; by the model the guide fits, and what it must leave out."""
    chance = random.Random(7)
    columns = [column.name for column in TABLES["adpro"].columns]
    with (folder / "adpro.csv").open("w", newline="", encoding="utf-8-sig") as file:
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        for number in range(people):
            own = chance.gauss(0, BETWEEN**0.5)
            for target in ("left_knee", "right_knee"):
                base = chance.uniform(20, 80)
                said = {
                    "participant": f"K-{number:03}",
                    "target": target,
                    "instrument": "womac-nrs-3.1",
                    "scale": "pain",
                    "baseline": f"{base:.3f}",
                    "analysis_record": "yes",
                }
                rows.writerow(said | {"analysis_visit": "baseline", "parameter": "膝"})
                for visit, effect in EFFECTS.items():
                    change = effect + SLOPE * base + own + chance.gauss(0, WITHIN**0.5)
                    told = said | {"analysis_visit": visit, "change": f"{change:.6f}"}
                    rows.writerow(told)
                    rows.writerow(told | {"analysis_record": "no", "change": "99"})
                    rows.writerow(told | {"scale": "stiffness", "change": "99"})


def test_the_lines_find_the_model_that_made_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "out").mkdir()
    write_adpro(tmp_path / "out", 200)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(lines, encoding="utf-8")
    found: dict[str, Any] = runpy.run_path(str(tmp_path / "model.py"))
    fitted = dict(zip(found["names"], found["effects"], strict=True))
    errors = dict(zip(found["names"], found["errors"], strict=True))
    for name, truth in {**EFFECTS, "baseline": SLOPE}.items():
        assert abs(fitted[name] - truth) < 4 * errors[name], name
        assert 0 < errors[name] < 1
    assert found["within"] == pytest.approx(WITHIN, rel=0.15)
    assert found["ratio"] * found["within"] == pytest.approx(BETWEEN, rel=0.25)
    assert "variance between participants" in capsys.readouterr().out


def test_the_guide_names_columns_there_are() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    columns = {column.name for column in TABLES["adpro"].columns}
    named = set(re.findall(r'pl\.col\("(\w+)"\)', text)) | set(re.findall(r'd\["(\w+)"\]', text))
    assert named <= columns
    assert {"instrument", "scale", "analysis_record", "change", "participant"} <= named
