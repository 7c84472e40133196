"""Names by which a provider tells one of our senders, where it does not tell its address."""

from __future__ import annotations

from uuid import UUID

from pro_service.services.study.sites import TakenError, UnknownNameError
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.texting import aliases, sending


async def add_alias(
    connection: Connection, study_id: UUID, provider: str, sender: str, alias: str, *, actor: str
) -> None:
    """Let texts that came by a name of the provider's be a sender's from now on.

    Raises TakenError, UnknownNameError.
    """
    try:
        if await aliases.insert_sender_alias(connection, study_id, provider, alias, sender, actor):
            return
    except DuplicateError:
        raise TakenError(f"{alias} is an alias at {provider} already.") from None
    known = [
        one.address
        for one in await sending.list_senders(connection, study_id)
        if one.provider == provider
    ]
    raise UnknownNameError(
        f"That is no sender of this study at {provider}.", mend=f"Known: {', '.join(known) or '-'}."
    )
