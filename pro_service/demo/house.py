"""The live demo: pages, webhooks, worker, the provider and the phone page in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from pro_service.app import listening, open_service
from pro_service.config import Settings, open_vault
from pro_service.demo.doors import HOST, Doors
from pro_service.demo.inbox import DemoInbox
from pro_service.demo.links import hand_out_links
from pro_service.demo.moves import Mover
from pro_service.demo.phone import routes as phone
from pro_service.demo.phone.phones import Phones
from pro_service.demo.provider.server import PROVIDER, build_provider
from pro_service.domain.conversation.asking import AT_ONCE
from pro_service.services.base.telling import Telling
from pro_service.store.base import operations
from pro_service.store.pools import open_pools
from pro_service.texts.catalogue import load_texts


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
