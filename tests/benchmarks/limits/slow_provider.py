"""A provider that takes its time over every call; a process of its own.

It speaks as the simulator does, keeps nothing and calls nobody back.
"""

from __future__ import annotations

import argparse
import asyncio
from itertools import count

import uvloop
from aiohttp import web

from pro_service.messaging.simulator import wire


def build(seconds: float) -> web.Application:
    """The provider's application; each call takes `seconds`."""
    ids = count(1)

    async def take(request: web.Request) -> web.Response:
        text = wire.parse_send(await request.read())
        await asyncio.sleep(seconds)
        return web.json_response(
            {"id": f"slow-{next(ids)}-{text.message_id}", "status": "queued"}, status=201
        )

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ready")

    app = web.Application()
    app.router.add_post("/messages", take)
    app.router.add_get("/readyz", ready)
    return app


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="A provider that takes its time.")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    web.run_app(
        build(chosen.seconds),
        host="127.0.0.1",
        port=chosen.port,
        access_log=None,
        print=None,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()
