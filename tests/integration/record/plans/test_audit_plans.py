"""A page of the audit touches few pages, whoever asks for it and however it is narrowed."""

from __future__ import annotations

import asyncpg
import pytest

from pro_service.store.pools import connect
from tests.support.large.audit import load_large_audit, looks, time_look
from tests.support.large.plans import PLANNING

ENTRIES = 60_000


@pytest.mark.timeout(120)
async def test_every_way_to_a_page_of_the_audit_touches_few_pages(database_url: str) -> None:
    superuser = await asyncpg.connect(database_url)
    try:
        study = await load_large_audit(superuser, entries=ENTRIES)
    finally:
        await superuser.close()
    wrong = []
    for look in looks(study):
        for planning in PLANNING:
            desk = await connect(database_url, role="pro_desk", actor="test:plans")
            try:
                _, touched, found = await time_look(desk, study, look, planning)
            finally:
                await desk.close()
            print(f"{look.name}, {planning}: {touched} pages, {found} found")
            nothing = "nobody is" in look.name or "there is not" in look.name
            if touched > look.pages or (bool(found) is nothing and "machine" not in look.name):
                wrong.append((look.name, planning, touched, found))
    assert wrong == []
