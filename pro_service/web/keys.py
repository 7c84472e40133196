"""What handlers find on the application: one typed key each."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from pro_service.services.base.context import ServiceContext
from pro_service.services.base.meters import Meters
from pro_service.services.base.telling import Telling
from pro_service.services.desk.sign_in import Door
from pro_service.store.pools import Pools
from pro_service.web.questionnaire.views import Pages
from pro_service.web.readiness import Lookout

POOLS = web.AppKey("POOLS", Pools)
CONTEXT = web.AppKey("CONTEXT", ServiceContext)
TRUSTED_PROXIES = web.AppKey("TRUSTED_PROXIES", int)
"""How many proxies of ours stand in front of the service."""
PAGES = web.AppKey("PAGES", Pages)
DOOR = web.AppKey("DOOR", Door)
"""What the desk asks for beside a password."""
TELLING: web.AppKey[Telling | None] = web.AppKey("TELLING")
"""How staff are written to; None where no mail server is set."""
READY: web.AppKey[Lookout[str | None]] = web.AppKey("READY")
"""Whether the service can serve, and what is to be known, if anything."""
METERS = web.AppKey("METERS", Meters)
"""What this process counts of its own work."""
ON_INBOUND: web.AppKey[Callable[[], None]] = web.AppKey("ON_INBOUND")
