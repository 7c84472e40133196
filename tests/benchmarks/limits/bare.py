"""The limit: a prototype that stores answers and texts over HTTP and does nothing else.

    python -m tests.benchmarks.limits.bare --url postgresql://... --port 8090

aiohttp and asyncpg as the service uses them; one statement a page or text. No sign-in, sealing,
audit, languages, scores, reminders or second tries. The distance to it is what all those cost.
"""

from __future__ import annotations

import argparse
import hmac
from typing import Any, Final

import asyncpg
import uvloop
from aiohttp import web

SCREENS: Final = 7
ITEMS: Final = 26
SIGNATURE: Final = "X-Bare-Signature"
SECRET: Final = b"only-for-benchmarks"
TABLES: Final = """
CREATE SCHEMA bare;
CREATE TABLE bare.participants (id bigint PRIMARY KEY, token text UNIQUE, phone text UNIQUE,
    asked integer NOT NULL DEFAULT 1, sent_at timestamptz);
CREATE TABLE bare.answers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    participant_id bigint NOT NULL REFERENCES bare.participants, item integer NOT NULL,
    value integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bare.answers (participant_id, item);
CREATE TABLE bare.texts (provider_id text PRIMARY KEY, participant_id bigint NOT NULL
    REFERENCES bare.participants, body text NOT NULL, reply text NOT NULL,
    at timestamptz NOT NULL DEFAULT now());
INSERT INTO bare.participants (id, token, phone)
SELECT n, 't' || n, '+1555' || n FROM generate_series(1, $1::integer) AS n;
INSERT INTO bare.answers (participant_id, item, value, at)
SELECT 1 + n % $1::integer, n / $1::integer, n % 11, now() - interval '100 days'
FROM generate_series(0, 200 * $1::integer - 1) AS n;
"""
FIND: Final = "SELECT id FROM bare.participants WHERE token = $1"
STORE: Final = """
WITH who AS (SELECT id FROM bare.participants WHERE token = $1)
INSERT INTO bare.answers (participant_id, item, value)
SELECT who.id, x.item, x.value FROM who, unnest($2::integer[], $3::integer[]) AS x (item, value)
"""
SEND: Final = "UPDATE bare.participants SET sent_at = now() WHERE token = $1"
TAKE: Final = """
WITH who AS (
    UPDATE bare.participants SET asked = asked % 26 + 1 WHERE phone = $1 RETURNING id, asked
),
answer AS (
    INSERT INTO bare.answers (participant_id, item, value) SELECT id, asked, $3 FROM who
)
INSERT INTO bare.texts (provider_id, participant_id, body, reply)
SELECT $2, id, $3::text, 'Question ' || asked || ' of 26: 0 (none) to 10 (worst)?' FROM who
RETURNING reply
"""
POOL: Final = web.AppKey("pool", asyncpg.Pool)


async def fill_bare(url: str, participants: int) -> None:
    """Tables of the prototype with 200 answers of the past for each participant."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(TABLES.replace("$1", str(participants)))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def sign(body: bytes) -> str:
    """The signature of a text's webhook."""
    return hmac.new(SECRET, body, "sha256").hexdigest()


def _page(form: str) -> web.Response:
    text = f"<!doctype html><html lang=en><title>Questions</title><body><main>{form}</main></body>"
    return web.Response(text=text, content_type="text/html")


def _screen(token: str, number: int) -> web.Response:
    items = range((number - 1) * ITEMS // SCREENS, number * ITEMS // SCREENS)
    radios = "".join(
        f"<fieldset><legend>How was {item}?</legend>"
        + "".join(
            f'<label><input type="radio" name="a.{item}" value="{n}">{n}</label>' for n in range(11)
        )
        + "</fieldset>"
        for item in items
    )
    return _page(
        f'<form method="post" action="/b/{token}/{number}">{radios}<button>Save</button></form>'
    )


async def _show(request: web.Request) -> web.Response:
    token = request.match_info["token"]
    if await request.app[POOL].fetchval(FIND, token) is None:
        raise web.HTTPNotFound
    return _screen(token, 1)


async def _save(request: web.Request) -> web.Response:
    token, number = request.match_info["token"], int(request.match_info["number"])
    form = await request.post()
    items = [int(name[2:]) for name in form]
    values = [int(str(value)) for value in form.values()]
    await request.app[POOL].execute(STORE, token, items, values)
    if number < SCREENS:
        return _screen(token, number + 1)
    return _page(f'<form method="post" action="/b/{token}/send"><button>Send</button></form>')


async def _send(request: web.Request) -> web.Response:
    await request.app[POOL].execute(SEND, request.match_info["token"])
    return _page("Thank you.")


async def _take(request: web.Request) -> web.Response:
    body = await request.read()
    if not hmac.compare_digest(sign(body), request.headers.get(SIGNATURE, "")):
        raise web.HTTPForbidden
    form = await request.post()
    given = (str(form["from"]), str(form["id"]), int(str(form["body"])))
    reply = await request.app[POOL].fetchval(TAKE, *given)
    return web.Response(text=f"<Response>{reply}</Response>", content_type="text/xml")


async def _ready(_: web.Request) -> web.Response:
    return web.Response(text="ready")


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """In place of RESET ALL: no connection carries any state, as the service's carry none."""


def build(url: str) -> web.Application:
    """The prototype's application."""
    app = web.Application()

    async def pool(running: web.Application) -> Any:
        async with asyncpg.create_pool(
            url, min_size=8, max_size=8, reset=_leave_as_it_is
        ) as opened:
            running[POOL] = opened
            yield

    app.cleanup_ctx.append(pool)
    app.router.add_get("/readyz", _ready)
    app.router.add_get("/b/{token}", _show)
    app.router.add_post("/b/{token}/send", _send)
    app.router.add_post(r"/b/{token}/{number:\d}", _save)
    app.router.add_post("/inbound", _take)
    return app


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="Serve the prototype without features.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    web.run_app(
        build(chosen.url),
        host="127.0.0.1",
        port=chosen.port,
        access_log=None,
        print=None,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()
