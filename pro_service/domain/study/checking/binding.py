"""What keys of a protocol that is in order do not bind, so that nobody takes them for more."""

from __future__ import annotations

from collections.abc import Iterator

from pro_service.domain.study.protocol import Protocol


def unbound(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Yield keys that bind less than they might seem to, with what they do bind."""
    for name, use in protocol.instruments.items():
        place = f'instrument."{name}"'
        if use.respondents is not None:
            yield (
                f"{place}.respondents",
                "binds what staff enter; whoever answers on a page or by text is kept with the"
                " sitting, and the analysis plan's records.respondents says who counts",
            )
        if use.modes is not None and "voice" in use.modes:
            yield f"{place}.modes", "names voice, by which nothing can be answered yet"
