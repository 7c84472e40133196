"""What the room of correlations shows, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, Final

from pro_service.domain.endpoints.looking import Opening
from pro_service.domain.endpoints.plan import Correlation
from pro_service.domain.measures.model import Measure
from pro_service.domain.study.times import zone
from pro_service.services.desk.charting.correlating import CorrelationRoom
from pro_service.services.measuring.correlating import Found
from pro_service.store.measuring.correlations import RunRow
from pro_service.web.desk.charting.course import scale_in_words
from pro_service.web.desk.correlating.figures import KINDS, FoundShown, measure_in_words
from pro_service.web.desk.words import Words

_UTC: Final = zone("UTC")


class RoomShown:
    """Everything `correlate.html` shows; `typed` is what stood in a form that was refused."""

    def __init__(
        self,
        words: Words,
        room: CorrelationRoom,
        measures: Mapping[str, Measure],
        typed: Mapping[str, Any],
    ) -> None:
        """Keep what is shown."""
        self.words, self.room, self.measures, self.typed = words, room, measures, typed

    def values(self) -> dict[str, Any]:
        """By name."""
        room = self.room
        pairing = None if room.plan is None else room.plan.pairing
        return {
            "locked": room.locked,
            "open": bool(room.openings),
            "foreseen": ", ".join(one.id for one in room.protocol.coming.data_cut),
            "planned": [*self._planned()],
            "scales": [
                self._option("score", one.key, self._scale(*one.key.split("/", 1)))
                for one in room.scales
            ],
            "parts": [*self._parts()],
            "visits": [*self._visits()],
            "looks": [self._look(one) for one in room.openings],
            "days": None if pairing is None else pairing.within_days,
            "typed_days": str(self.typed.get("days", "")),
            "runs": [self._run(one) for one in reversed(room.runs)],
            "count": len(room.runs),
            "found": None
            if room.found is None or room.run is None
            else self._found(room.found, room.run),
        }

    def _planned(self) -> Iterator[dict[str, Any]]:
        for one in () if self.room.plan is None else self.room.plan.correlations:
            yield {
                "id": one.id,
                "words": self._question(one),
                "score": f"{one.score.instrument}/{one.score.scale}",
                "part": "/".join((one.measure, one.region or "", one.layer or "")),
                "visit": one.visit or "",
            }

    def _question(self, one: Correlation) -> str:
        visit = "" if one.visit is None else self._visit(one.visit)
        return self.words.text(
            "corr.question",
            score=self._scale(one.score.instrument, one.score.scale),
            measure=self._measure(one.measure, one.region, one.layer),
            how=self.words.text(f"corr.kind_{KINDS[one.kind]}", visit=visit),
        )

    def _parts(self) -> Iterator[dict[str, Any]]:
        """Each measure with its regions and layers."""
        for name in self.room.measures:
            measure = self.measures.get(name)
            if measure is None:
                continue
            options = []
            for region in (one.code for one in measure.regions) if measure.regions else ("",):
                for layer in (one.code for one in measure.layers) if measure.layers else ("",):
                    key = "/".join((name, region, layer))
                    said = self._measure(name, region or None, layer or None)
                    options.append(self._option("part", key, said))
            yield {"label": self.words.chosen(measure.label), "options": options}

    def _visits(self) -> Iterator[dict[str, Any]]:
        named = [one.id for one in self.room.protocol.visits if one.kind != "unscheduled"]
        for one in dict.fromkeys(("baseline", *named)):
            yield self._option("visit", one, self._visit(one))

    def _option(self, field: str, key: str, said: str) -> dict[str, Any]:
        return {"key": key, "words": said, "on": self.typed.get(field) == key}

    def _look(self, one: Opening) -> dict[str, Any]:
        return self._option("look", one.name, self.ground(one.ground, one.name, one))

    def ground(self, ground: str, name: str, at: Opening | RunRow) -> str:
        """On what ground groups are looked at, and as of when."""
        instant = self.words.instant(at.as_of, _UTC)
        return self.words.text(f"groups.ground_{ground}", name=name, at=instant)

    def _run(self, one: RunRow) -> dict[str, Any]:
        """One run that was made."""
        visit = "" if one.visit is None else self._visit(one.visit)
        return {
            "id": one.id,
            "number": one.number,
            "score": self._scale(one.instrument, one.scale),
            "measure": self._measure(one.measure, one.region, one.layer),
            "visit": visit or "–",
            "planned": ", ".join(one.planned) or self.words.text("corr.exploratory"),
            "at": self.words.instant(one.recorded_at, _UTC),
            "who": self.words.who(one.actor),
            "on": self.room.run is not None and one.id == self.room.run.id,
        }

    def _found(self, found: Found, run: RunRow) -> dict[str, Any]:
        pairing = found.pairing
        gaps = [one.gap_days for one in pairing.pairs]
        text = self.words.text
        shown = FoundShown(self.words, found, self.room.protocol, self.measures)
        return {
            **self._run(run),
            "ground": self.ground(run.ground, run.ground_name, run),
            "counted": text(
                "corr.counted",
                participants=found.participants,
                knees=len({one.score.of for one in pairing.pairs}),
                pairs=len(pairing.pairs),
            ),
            "gap": text("corr.gap", median=f"{median(gaps):g}", low=min(gaps), high=max(gaps))
            if gaps
            else None,
            "alone": [*shown.alone()],
            "drawn": text(
                "corr.drawn", replicates=run.replicates, seed=run.seed, days=run.within_days
            ),
            "analyses": [*shown.analyses()],
        }

    def _scale(self, instrument: str, scale: str) -> str:
        return scale_in_words(self.words, instrument, scale)

    def _measure(self, name: str, region: str | None, layer: str | None) -> str:
        return measure_in_words(self.words, self.measures.get(name), name, (region, layer))

    def _visit(self, name: str) -> str:
        return self.words.visit(self.room.protocol, name, None)
