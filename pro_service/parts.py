"""What server and commands are put together from, by the settings: the context, the gateway.

Apart from `app`, so that a command need not load the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pro_service.catalog.instrument_files import load_instruments
from pro_service.config import Settings, SettingsError
from pro_service.domain.conversation.asking import PACE
from pro_service.domain.errors import ProServiceError
from pro_service.messaging.gateway import Gateway
from pro_service.release import release
from pro_service.services.base.context import ServiceContext
from pro_service.texts.catalogue import load_texts
from pro_service.vault.vault import Vault

if TYPE_CHECKING:
    from pro_service.messaging.twilio.gateway import TwilioGateway


class WrongKindError(ProServiceError):
    """The database is not of the kind this needs."""


def make_context(settings: Settings, vault: Vault) -> ServiceContext:
    """What every use case needs, from the settings."""
    return ServiceContext.of(
        vault,
        load_texts(),
        load_instruments(),
        public_url=settings.public_url,
        provider=settings.gateway,
        release=release(),
        pace=PACE,
    )


def make_gateway(settings: Settings) -> Gateway:
    """The gateway the settings name. Raises SettingsError for what it lacks."""
    if settings.gateway == "twilio":
        return make_twilio(settings)
    if settings.simulator_secret is None:
        raise SettingsError(
            "PRO_SIMULATOR_SECRET is not set.",
            mend="Give the simulator and the service the same secret.",
        )
    # As below: a command that sends nothing does not load what sends.
    from pro_service.messaging.simulator.gateway import SimulatorGateway

    return SimulatorGateway(settings.simulator_url, settings.simulator_secret)


def make_twilio(settings: Settings) -> TwilioGateway:
    """The gateway to the account of the settings. Raises SettingsError for what they lack."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        lacking = "ACCOUNT_SID" if settings.twilio_account_sid is None else "AUTH_TOKEN"
        raise SettingsError(
            f"PRO_TWILIO_{lacking} is not set.",
            mend="Both stand on the first page of the Twilio console.",
        )
    # Twilio's SDK takes half a second to load; whoever does not use it does not wait for it.
    from pro_service.messaging.twilio.gateway import TwilioGateway

    return TwilioGateway(
        settings.twilio_account_sid, settings.twilio_auth_token, api_base=settings.twilio_api_base
    )


def check_kind(kind: str | None, gateway: str) -> None:
    """Raise WrongKindError where a database of this kind must not use this provider."""
    if kind == "production" and gateway == "simulator":
        raise WrongKindError(
            "A production database refuses the simulator.",
            mend="Set PRO_GATEWAY to the provider whose account this study uses.",
        )
    if kind == "demo" and gateway != "simulator":
        raise WrongKindError(
            "A demo database refuses a real provider: its participants are not real.",
            mend="Set PRO_GATEWAY=simulator, or use a database of another kind.",
        )
