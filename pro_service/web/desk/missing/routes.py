"""The addresses of the two pages and of their files."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.web.desk.missing import files, page
from pro_service.web.desk.missing.asked import LOG_PATH, PATH

MISSING_ROUTES: Final = (
    web.get(PATH, page.show_missing, name="desk-missing"),
    web.get(LOG_PATH, page.show_deviations, name="desk-deviations"),
    web.get(files.LOG_FILE, files.get_log, name="desk-deviations-table"),
    *(
        web.get(f"{PATH}/{one}.csv", files.table_handler(one), name=f"desk-missing-{one}")
        for one in files.TABLES
    ),
)
