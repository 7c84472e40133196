"""Puts the web side together: routes by name, middleware, what handlers need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from pro_service.services.base.context import ServiceContext
from pro_service.services.base.meters import Meters
from pro_service.services.base.telling import Telling
from pro_service.services.desk.sign_in import PLAIN_DOOR, Door
from pro_service.services.receiving import Inbox
from pro_service.store.pools import Pools
from pro_service.web import health, keys
from pro_service.web.api import routes as api
from pro_service.web.cookies import BY_HTTPS
from pro_service.web.desk import routes as desk
from pro_service.web.hooks import handlers as hooks
from pro_service.web.middleware import (
    add_safe_headers,
    answer_errors,
    compress_pages,
    log_requests,
    refuse_other_sites,
)
from pro_service.web.questionnaire import (
    answering,
    contact,
    correcting,
    ending,
    entrance,
    factor,
    letters,
    opening,
    own_page,
    tablet,
    trend,
    unwell,
)
from pro_service.web.questionnaire.staff_here import refuse_staff
from pro_service.web.questionnaire.views import Pages
from pro_service.web.readiness import Lookout

LARGEST_BODY: Final = 64 * 1024
"""Bytes of a request's body; more is answered with 413."""


def build_application(
    *,
    pools: Pools,
    context: ServiceContext,
    ready: Callable[[], Awaitable[str | None]],
    on_inbound: Callable[[], None] | None = None,
    trusted_proxies: int = 0,
    door: Door = PLAIN_DOOR,
    telling: Telling | None = None,
    meters: Meters | None = None,
) -> web.Application:
    """The server's application. `ready` raises while the service cannot serve.

    `on_inbound` is called after an inbound text was stored, to wake whoever sends.
    `trusted_proxies` is how many proxies of ours add to X-Forwarded-For. `door` is what the desk
    asks for beside a password, `telling` how staff are written to, `meters` what counts requests.
    The runner's access log must stay off (`access_log=None`): it would write addresses, and they
    hold tokens.
    """
    app = web.Application(
        middlewares=(
            log_requests,
            compress_pages,
            answer_errors,
            refuse_other_sites,
            refuse_staff,
        ),
        client_max_size=LARGEST_BODY,
    )
    app[keys.POOLS] = pools
    app[keys.CONTEXT] = context
    app[BY_HTTPS] = context.public_url.startswith("https://")
    app[hooks.INBOX] = Inbox()
    app[keys.READY] = Lookout(ready)
    app[keys.ON_INBOUND] = on_inbound or _nobody_waits
    app[keys.TRUSTED_PROXIES] = trusted_proxies
    app[keys.DOOR] = door
    app[keys.TELLING] = telling
    app[keys.METERS] = meters or Meters()
    app[keys.PAGES] = Pages()
    app.on_response_prepare.append(add_safe_headers)
    app.on_cleanup.append(_look_no_more)
    desk.set_up(app)
    app.add_routes((*ROUTES, *desk.ROUTES, *api.ROUTES))
    return app


ROUTES: Final = (
    web.get("/healthz", health.healthz, name="healthz"),
    web.get("/favicon.ico", health.no_icon, name="no-icon"),
    web.get("/readyz", health.readyz, name="readyz"),
    web.post("/hooks/{provider}/inbound", hooks.receive_inbound, name="hook-inbound"),
    web.post("/hooks/{provider}/status", hooks.receive_status, name="hook-status"),
    web.post("/hooks/{provider}/bounces", hooks.receive_status, name="hook-bounces"),
    web.get(hooks.PUSH_PATH, hooks.check_push_address, name="hook-push-check"),
    web.post(hooks.PUSH_PATH, hooks.receive_push, name="hook-push"),
    web.get("/q/static/{name}", opening.get_static, name="page-static"),
    web.get("/q", opening.go_on, name="page-go-on"),
    web.get("/q/who", opening.show_who, name="page-who"),
    web.post("/q/who", opening.choose_who, name="page-who-chosen"),
    web.get("/q/s/{number}", answering.show_screen, name="page-screen"),
    web.post("/q/s/{number}", answering.save_screen, name="page-save"),
    web.post("/q/again", answering.save_again, name="page-save-again"),
    web.get("/q/review", ending.show_review, name="page-review"),
    web.post("/q/review", ending.submit, name="page-submit"),
    web.get("/q/now", ending.show_advice, name="page-advice"),
    web.get("/q/thanks", ending.show_thanks, name="page-thanks"),
    web.get("/q/decline", ending.show_decline, name="page-decline"),
    web.post("/q/decline", ending.decline, name="page-declined"),
    web.post("/q/language", opening.choose_language, name="page-language"),
    web.post("/q/leave", entrance.leave, name="page-leave"),
    web.get("/q/year", factor.show_year, name="page-factor"),
    web.post("/q/year", factor.give_year, name="page-factor-given"),
    web.get("/q/me", own_page.show_own_page, name="page-own"),
    web.get("/q/me/correct", correcting.show_correct, name="page-correct"),
    web.post("/q/me/correct", correcting.ask_correct, name="page-correct-asked"),
    web.get("/q/me/unwell", unwell.show_unwell, name="page-unwell"),
    web.post("/q/me/unwell", unwell.say_unwell, name="page-unwell-said"),
    web.get("/q/me/stop", own_page.show_stop, name="page-stop"),
    web.post("/q/me/stop", own_page.stop_texts, name="page-stopped"),
    web.get("/q/me/contact", contact.show_contact, name="page-contact"),
    web.get(trend.TREND, trend.show_trend, name="page-trend"),
    web.get("/q/me/contact.vcf", contact.get_contact, name="page-contact-card"),
    web.get("/q/me/{setting}", own_page.show_setting, name="page-setting"),
    web.post("/q/me/{setting}", own_page.save_setting, name="page-set"),
    web.get("/q/tablet/pin", tablet.show_pin, name="page-tablet-pin"),
    web.post("/q/tablet/pin", tablet.end_by_pin),
    web.get("/q/tablet", tablet.show_confirm, name="page-tablet-who"),
    web.post("/q/tablet", tablet.confirm, name="page-tablet-confirmed"),
    web.get("/q/tablet/back", tablet.show_back, name="page-tablet-back"),
    web.post("/q/tablet/back", tablet.give_back, name="page-tablet-given"),
    web.get("/t", tablet.show_door, name="page-tablet"),
    web.post("/t", tablet.open_tablet, name="page-tablet-open"),
    web.get("/t/{code}", tablet.show_door, name="page-tablet-code"),
    web.get("/c", entrance.show_entrance, name="page-entrance"),
    web.post("/c", entrance.enter, name="page-enter"),
    web.get("/c/{token}", entrance.show_card, name="page-card"),
    web.post("/c/{token}/open", entrance.open_card, name="page-card-open"),
    web.get("/e/{token}", letters.show_letter, name="page-letter"),
    web.post("/e/{token}", letters.prove_address, name="page-letter-proven"),
    web.get("/e/{token}/stop", letters.show_letter, name="page-letter-stop"),
    web.post("/e/{token}/stop", letters.stop_letters, name="page-letter-stopped"),
    # Last: every other single word is taken for a token.
    web.get("/q/{token}", opening.welcome, name="page-welcome"),
    web.post("/q/{token}/open", opening.open_questionnaire, name="page-open"),
    # A link copied with what stood after it.
    web.get("/q/{token}/{rest:.*}", opening.tidy_link, name="page-welcome-copied"),
    web.get("/c/{token}/{rest:.*}", entrance.tidy_card, name="page-card-copied"),
)


async def _look_no_more(app: web.Application) -> None:
    await app[keys.READY].stop()


def _nobody_waits() -> None:
    """Stands in where no worker shares the process."""
