"""What every use case needs beside a connection, made once by the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pro_service.domain.conversation.asking import AT_ONCE, Pace
from pro_service.domain.delivery.channels import ChannelRules
from pro_service.domain.instruments.model import Instrument
from pro_service.messaging.gateways import Gateways
from pro_service.services.base.catalogue import Catalogue
from pro_service.services.base.keys import Keys
from pro_service.services.base.known import KnownFacts
from pro_service.services.base.reader import Reader
from pro_service.texts.catalogue import Texts
from pro_service.vault.vault import Vault


@dataclass
class ServiceContext:
    """What is asked, what opens, what reads, the words of texts, and where this runs."""

    catalogue: Catalogue
    keys: Keys
    reader: Reader
    texts: Texts
    public_url: str
    known: KnownFacts
    """What is in hand of who was on the pages a moment ago."""
    channels: ChannelRules
    """What each provider may do in each country."""
    gateways: Gateways
    """The providers in use; which of them a text goes through, its sender says."""
    release: str
    pace: Pace = AT_ONCE
    """How soon after a question its answer can be: where a service is put together for telephones
    of people, it says so."""
    keeps_outlooks: bool = True
    """Whether the worker keeps what the desk's list shows of visits (`visits/outlooks.py`): what is
    not kept is derived, so a trial lived at once, with nobody at the desk, goes without."""

    @classmethod
    def of(
        cls,
        vault: Vault,
        texts: Texts,
        instruments: Mapping[str, Instrument],
        channels: ChannelRules,
        *,
        public_url: str,
        gateways: Gateways,
        release: str,
        pace: Pace = AT_ONCE,
    ) -> Self:
        """Put together; nothing is read or opened yet."""
        keys = Keys(vault)
        parts = (Catalogue(instruments), keys, Reader(keys, instruments), texts)
        return cls(
            *parts,
            public_url=public_url,
            known=KnownFacts(instruments),
            channels=channels,
            gateways=gateways,
            release=release,
            pace=pace,
        )
