"""The live demo: pages, webhooks, worker, the provider and the phone page in one process."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from pro_service.app import PortTakenError, listening, open_service
from pro_service.config import Settings, open_vault
from pro_service.demo.history import LOGINS, hand_out_links
from pro_service.demo.inbox import DemoInbox
from pro_service.demo.moves import Mover
from pro_service.demo.phone import routes as phone
from pro_service.demo.phone.phones import Phones
from pro_service.demo.provider.server import PROVIDER, build_provider
from pro_service.demo.stage import HOST, free_ports
from pro_service.domain.conversation.asking import AT_ONCE
from pro_service.services.base.telling import Telling
from pro_service.store.base import operations
from pro_service.store.pools import open_pools
from pro_service.texts.catalogue import load_texts

PHONE: Final = "/demo/phone"
DESK: Final = "/desk"


@dataclass(frozen=True)
class Doors:
    """Where a running demo is entered."""

    base_url: str
    password: SecretStr
    links: dict[str, str]
    """The address of an open questionnaire by participant's code."""

    def as_json(self) -> dict[str, object]:
        """The same for a program to read."""
        return {
            "base_url": self.base_url,
            "desk": {
                "address": self.base_url + DESK,
                "user": LOGINS["coordinator"],
                "password": self.password.get_secret_value(),
            },
            "phone": self.base_url + PHONE,
            "links": self.links,
        }


def demo_settings(settings: Settings, port: int) -> Settings:
    """The settings of a demo on this port, whatever the environment says of real providers."""
    ours, theirs = check_port(settings.host, port), free_ports(1)[0]
    return settings.model_copy(
        update={
            "database_kind": "demo",
            "gateway": "simulator",
            "port": ours,
            "public_url": f"http://{HOST}:{ours}",
            "simulator_url": f"http://{HOST}:{theirs}",
        }
    )


def check_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises PortTakenError before anything has begun."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"Port {port} on {host} cannot be listened on ({error.strerror}).",
                mend="Stop what uses it, or choose another with --port.",
            ) from None
        return int(probe.getsockname()[1])


@asynccontextmanager
async def open_house(
    settings: Settings, database_url: str, password: SecretStr
) -> AsyncIterator[Doors]:
    """Serve everything on a database whose history was lived; study time goes on."""
    async with AsyncExitStack() as stack:
        clock = await stack.enter_async_context(
            await open_pools(database_url, roles=["worker"], sizes={"worker": 1})
        )
        inbox = DemoInbox(clock.worker)
        telling = Telling(inbox, load_texts("notices"))
        service = await stack.enter_async_context(
            open_service(settings, database_url, open_vault(settings), telling=telling)
        )
        # No network delivers twice here, and whoever tries the phone page may type as they like.
        service.context.pace = AT_ONCE
        pools = await stack.enter_async_context(
            await open_pools(database_url, roles=["worker"], sizes={"worker": 4})
        )
        provider_app = build_provider(
            pools.worker, settings.public_url, settings.simulator_secret or SecretStr(""), run=True
        )
        provider = provider_app[PROVIDER]
        study = await service.context.reader.study(service.pools.worker, None)
        opened_at = await operations.get_study_time(pools.worker)
        phones = Phones(pools.worker, service.context, provider, study.id, opened_at)
        mover = Mover(database_url, service.worker, provider, study.id)
        phone.mount(service.application, phones, mover, inbox)
        links = await hand_out_links(service, study.id)
        theirs = urlsplit(settings.simulator_url).port or 0
        await stack.enter_async_context(listening(provider_app, HOST, theirs))
        await stack.enter_async_context(
            listening(service.application, settings.host, settings.port, drain_seconds=5.0)
        )
        service.worker.start()
        stack.push_async_callback(service.worker.stop)
        yield Doors(settings.public_url, password, links)
