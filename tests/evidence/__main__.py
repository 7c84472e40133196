"""Write requirement -> tests -> result -> commit; exit 1 where a test that is named did not pass.

pytest --junitxml all.xml; python -m tests.evidence --results all.xml --out evidence
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.evidence.read import ROOT, read_requirements
from tests.evidence.results import read_results
from tests.evidence.write import rows_of, write_evidence


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    parser.add_argument("--results", type=Path, nargs="+", required=True, help="JUnit files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    asked = parser.parse_args()
    rows = tuple(rows_of(read_requirements(), read_results(asked.results)))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    write_evidence(rows, commit, asked.out)
    open_ = [row.requirement for row in rows if row.requirement.met_by == "open"]
    missing = [row for row in rows if not row.holds and row.test]
    for row in missing:
        print(
            f"{row.requirement.source} {row.requirement.id}: {row.test}: "
            f"{row.passed} of {row.ran} tests passed"
        )
    for each in open_:
        print(f"{each.source} {each.id}: not met yet: {each.who}")
    asked_for = len({row.requirement for row in rows})
    print(f"{asked_for} requirements, {len(open_)} not met yet, {len(missing)} rows not shown")
    return 1 if missing else 0


sys.exit(main())
