"""The instruments of this installation, in the words that are in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from pro_service.catalog.instrument_files import instrument_hash
from pro_service.catalog.measure_files import load_measures
from pro_service.catalog.wording_files import LoadedWording
from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.instruments.wording import instrument_with_wording, wording_mistakes
from pro_service.domain.measures.model import Measure


class _Offered(NamedTuple):
    """An instrument, and what was made of it where some ways out are not offered."""

    asked: Instrument
    offering: Instrument


@dataclass
class Catalogue:
    """Instruments by id: as they ship, and as they are asked."""

    instruments: Mapping[str, Instrument]
    """What is asked: neutral labels, or the words of the packs in force."""
    _hashes: dict[str, str] = field(default_factory=dict)
    _neutral: Mapping[str, Instrument] = field(default_factory=dict)
    _wording_hashes: dict[tuple[str, Language], str] = field(default_factory=dict)
    _offered: dict[tuple[str, tuple[str, ...]], _Offered] = field(default_factory=dict)

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures of this installation, by id."""
        return load_measures()

    @property
    def neutral_instruments(self) -> Mapping[str, Instrument]:
        """The instruments as they ship: what may leave the service, whatever pack is in force."""
        return self._neutral or self.instruments

    def use_wordings(self, packs: Iterable[LoadedWording]) -> None:
        """Ask in the words of these packs, and of no others; what fits no instrument is left."""
        self._neutral = self.neutral_instruments
        worded = dict(self._neutral)
        self._wording_hashes.clear()
        for wording, content_sha256 in packs:
            instrument = worded.get(wording.instrument)
            if instrument is not None and not any(wording_mistakes(instrument, wording)):
                worded[instrument.id] = instrument_with_wording(instrument, wording)
                self._wording_hashes[instrument.id, wording.language] = content_sha256
        self.instruments = MappingProxyType(worded)

    def offered(self, instrument_id: str, may_not_apply: tuple[str, ...]) -> Instrument:
        """The instrument as asked where "does not apply" is offered at these items alone.

        A protocol says which, so it is one instrument for everybody in it, and made once.
        """
        key, asked = (instrument_id, may_not_apply), self.instruments[instrument_id]
        known = self._offered.get(key)
        if known is None or known.asked is not asked:
            known = self._offered[key] = _Offered(asked, asked.offering(may_not_apply))
        return known.offering

    def instrument_sha256(self, instrument_id: str) -> str:
        """The hash that says exactly which rules and neutral labels an instrument has."""
        if instrument_id not in self._hashes:
            self._hashes[instrument_id] = instrument_hash(self.neutral_instruments[instrument_id])
        return self._hashes[instrument_id]

    def wording_sha256(self, instrument_id: str, language: Language) -> str:
        """The hash of the words an attempt is asked in: a pack's, else the neutral labels'."""
        found = self._wording_hashes.get((instrument_id, language))
        return found or self.instrument_sha256(instrument_id)
