"""Webhooks as an operator keeps them: added, listed, ended, and tried again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.programs.webhooks import Kind, check_address
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.programs import MAKE_ONE, NoProgramError
from pro_service.services.study.sites import UnknownNameError
from pro_service.services.study.staff import find_known
from pro_service.store.api import webhooks as store
from pro_service.store.api.keys import find_program
from pro_service.store.api.webhooks import DeadRow, NewWebhook, WebhookRow
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import people
from pro_service.vault.places import WEBHOOK_SECRET

_SECRET_BYTES: Final = 32
MOST_DEAD: Final = 1000


@dataclass(frozen=True)
class WebhookWish:
    """The webhook that is wanted: of which program, where to, of what."""

    login: str
    url: str
    kinds: frozenset[Kind]
    private: bool = False


class MadeWebhook(NamedTuple):
    """A webhook that was made; its secret is shown this once."""

    id: UUID
    secret: str


async def add_webhook(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    wish: WebhookWish,
    *,
    actor: str,
) -> MadeWebhook:
    """Tell a program from now on.

    Raises WebhookAddressError, NoProgramError, UnknownNameError, UnclearNameError.
    """
    check_address(wish.url, private=wish.private)
    person = await find_known(connection, wish.login, study_id, mend=MAKE_ONE)
    member = await people.find_membership(connection, study_id, person.id)
    if await find_program(connection, person.id) is None:
        raise NoProgramError(mend="Make it one: pro-service api-key new.")
    if member is None or member.ended:
        raise UnknownNameError(
            f"{person.login} is no member of this study.", mend="See pro-service api-key list."
        )
    made = MadeWebhook(new_id(), secrets.token_urlsafe(_SECRET_BYTES))
    key = await context.keys.study_key(connection, study_id)
    sealed = WEBHOOK_SECRET.seal(context.keys.vault, made.secret, data_key=key, row_id=made.id)
    kinds = tuple(sorted(wish.kinds))
    row = NewWebhook(
        *(made.id, member.id, wish.url, wish.private, kinds), sealed.ciphertext, sealed.key
    )
    async with transaction(connection) as held:
        await store.insert_webhook(held, study_id, row, actor)
    return made


async def list_webhooks(connection: Connection, study_id: UUID) -> Sequence[WebhookRow]:
    """Every webhook of a study."""
    return await store.list_webhooks(connection, study_id)


async def list_dead(connection: Connection, study_id: UUID) -> Sequence[DeadRow]:
    """What was tried as often as it is tried and never taken."""
    return await store.list_dead_webhooks(connection, study_id, MOST_DEAD)


async def end_webhook(
    connection: Connection, study_id: UUID, hook: str, *, reason: str, actor: str
) -> None:
    """Tell nothing more by a webhook. Raises UnknownNameError."""
    ended = await store.end_webhook(
        connection, study_id, _id_of(hook), new_id(), reason=reason, actor=actor
    )
    if not ended:
        raise _unknown(hook)


async def retry(connection: Connection, study_id: UUID, hook: str | None) -> int:
    """Let what is dead be tried once more, of one webhook or of all; how much.

    Raises UnknownNameError.
    """
    wanted = None if hook is None else _id_of(hook)
    return await store.retry_webhooks(connection, study_id, wanted)


def _id_of(hook: str) -> UUID:
    try:
        return UUID(hook)
    except ValueError:
        raise _unknown(hook) from None


def _unknown(hook: str) -> UnknownNameError:
    return UnknownNameError(
        f"There is no webhook {hook} that is told.", mend="See pro-service webhook list."
    )
