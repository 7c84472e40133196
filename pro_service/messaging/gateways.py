"""The providers this process has, by name: what belongs to one is never handed to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Self

from pro_service.domain.errors import ProServiceError
from pro_service.messaging.gateway import Gateway


class UnknownProviderError(ProServiceError):
    """No provider of this name is in use here."""


class Gateways(Mapping[str, Gateway]):
    """Provider name -> gateway, in the order the settings name them.

    A gateway is made when it is first asked for: a command that only needs the names loads no
    provider's library.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Gateway]]) -> None:
        """Keep how each is made; nothing is made yet."""
        self._makers = dict(makers)
        self._made: dict[str, Gateway] = {}

    @classmethod
    def holding(cls, *gateways: Gateway) -> Self:
        """These, which whoever made them closes as well, or lets `close` do it."""
        held = cls({})
        held._made = {one.name: one for one in gateways}
        held._makers = dict.fromkeys(held._made, _sends_nothing)
        return held

    @classmethod
    def named(cls, *names: str) -> Self:
        """Names alone, where nothing is sent: to ask for one of the gateways is a mistake."""
        return cls(dict.fromkeys(names, _sends_nothing))

    @property
    def names(self) -> list[str]:
        """The providers' names, as statements take them."""
        return list(self._makers)

    @property
    def first(self) -> str:
        """The provider named first: whose a new sender is where nobody says otherwise."""
        return next(iter(self._makers))

    def of(self, name: str) -> Gateway:
        """The gateway of a provider. Raises UnknownProviderError, and what its maker raises."""
        self.demand(name)
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def demand(self, name: str) -> None:
        """Raise UnknownProviderError unless the provider is in use here."""
        if name not in self._makers:
            raise UnknownProviderError(
                f"The provider {name} is not set up here.",
                mend=f"Add it: PRO_GATEWAYS={','.join([*self._makers, name])}, and its settings.",
            )

    def open(self) -> None:
        """Make every one now, so that what its settings lack is said at once."""
        for name in self._makers:
            self.of(name)

    async def close(self) -> None:
        """Close those that were made."""
        for one in self._made.values():
            await one.close()

    def __getitem__(self, name: str) -> Gateway:
        """See Mapping."""
        if name not in self._makers:
            raise KeyError(name)
        return self.of(name)

    def __iter__(self) -> Iterator[str]:
        """See Mapping."""
        return iter(self._makers)

    def __len__(self) -> int:
        """See Mapping."""
        return len(self._makers)


def _sends_nothing() -> Gateway:
    raise UnknownProviderError("Nothing is sent from here.")
