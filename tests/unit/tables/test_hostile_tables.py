"""A spreadsheet that would read other files, and bytes of any kind: read as a table, or refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from pro_service.tables.reading import Table, TableFileError, read_content

CANARY = "zq7canary"


def workbook_with(entity: str) -> bytes:
    """A workbook in whose sheet an entity stands."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["code", "note"])
    sheet.append(["K-001", "PLACE"])
    plain = io.BytesIO()
    made.save(plain)
    changed = io.BytesIO()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if b"PLACE" in text:
                head = f"<!DOCTYPE x [<!ENTITY e {entity}>]>".encode()
                text = text.replace(b"?>", b"?>" + head, 1) if b"?>" in text else head + text
                text = text.replace(b"PLACE", b"&e;")
            target.writestr(name, text)
    return changed.getvalue()


def test_a_workbook_reads_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY, "utf-8")
    try:
        found = read_content("list.xlsx", workbook_with(f'SYSTEM "{secret.as_uri()}"'))
    except TableFileError:
        return
    assert CANARY not in repr(found)


@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.xlsx", "a.txt"]))
def test_bytes_of_any_kind_are_a_table_or_refused(content: bytes, name: str) -> None:
    try:
        assert isinstance(read_content(name, content), Table)
    except TableFileError:
        return
