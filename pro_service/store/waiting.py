"""Waiting for a database that is not there yet, as it is when both start at once."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import Final

from pro_service.store.bounds import PAGES, DatabaseRefusedError, DatabaseUnreachableError
from pro_service.store.pools import connect

EVERY: Final = 3.0
"""Seconds between two tries (machine time), each of which is said in the log."""
log = logging.getLogger("pro_service.store")


async def until_reachable(url: str, *, every: float = EVERY) -> None:
    """Return once the database lets us in, however long that takes.

    Raises DatabaseRefusedError where it is there and waiting mends nothing: a wrong password, a
    database that does not exist, an address that cannot be read.
    """
    began = monotonic()
    while True:
        try:
            connection = await connect(url, role=None, actor="service:waiting", bounds=PAGES)
        except DatabaseRefusedError:
            raise
        except DatabaseUnreachableError as error:
            waited = round((monotonic() - began) * 1000)
            reason = {"reason": error.message, "elapsed_ms": waited}
            log.warning("waiting_for_database", extra=reason)
            await asyncio.sleep(every)
        else:
            await connection.close()
            return
