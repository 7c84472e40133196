"""What a measure is: a quantity that a clinic or an imaging reader takes of a knee or a person.

A measure is data (one TOML file per version in `catalog/measures`); these records are its checked
form. Labels are neutral words of our own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from pro_service.domain.instruments.model import Direction, Words
from pro_service.domain.record import Record
from pro_service.domain.study.facts import KNEES, Target

Kind = Literal["continuous", "ordinal", "yes_no"]
Modality = Literal["imaging", "clinic"]
MOST_DECIMALS = 6
"""So many places after the point a measure has at most."""


class Place(Record):
    """A region or a layer of one: the code in files, and what people call it."""

    code: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,23}$")
    label: Words


class Grade(Record):
    """One value of an ordinal measure, and what it means."""

    value: Decimal
    label: Words


class Precision(Record):
    """How far two measurements of the same thing lie apart by chance; a figure of a source.

    Exactly one of `percent` (of the value) and `absolute` (in the unit) is given.
    """

    what: Words
    """What the figure is, for example the coefficient of variation between sessions."""
    citation: str = Field(min_length=1)
    percent: Decimal | None = Field(None, gt=0)
    absolute: Decimal | None = Field(None, gt=0)
    region: str | None = None
    """The region it was found in; None: it is about all of them."""
    layer: str | None = None

    def band(self, value: Decimal) -> Decimal:
        """Half the width of the band about a value within which a change may be chance alone."""
        if self.absolute is not None:
            return self.absolute
        return abs(value) * (self.percent or Decimal(0)) / 100


class Measure(Record):
    """One version of one measure. A value is a decimal between `lowest` and `highest`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    version: str = Field(min_length=1)
    label: Words
    kind: Kind
    modality: Modality
    per: Literal["knee", "person"]
    lowest: Decimal
    highest: Decimal
    unit: str = ""
    """As UCUM writes it (`ms`, `mm`, `deg`); empty: it is a number without one."""
    decimals: int = Field(0, ge=0, le=MOST_DECIMALS)
    direction: Direction = "none"
    """What a higher value means for the joint."""
    regions: tuple[Place, ...] = ()
    """The parts of the knee it is taken of; none: of the whole."""
    layers: tuple[Place, ...] = ()
    grades: tuple[Grade, ...] = ()
    """The values of an ordinal measure, lowest first, and no others."""
    sequence: str = ""
    """How it is acquired, as far as values of one acquisition compare with those of another."""
    precision: tuple[Precision, ...] = ()
    codes: dict[str, str] = Field(default_factory=dict)
    """Codes for exports: `loinc`, `cdisc_testcd`, `sponsor`; only where it is sure."""
    citation: str = ""
    """Where the measure and its range are described."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """What it can be measured of: each knee, or the person."""
        return KNEES if self.per == "knee" else ("person",)

    def region(self, code: str | None) -> Place | None:
        """The region of this code, or None."""
        return next((one for one in self.regions if one.code == code), None)

    def layer(self, code: str | None) -> Place | None:
        """The layer of this code, or None."""
        return next((one for one in self.layers if one.code == code), None)

    def precision_at(self, region: str | None, layer: str | None) -> Precision | None:
        """The figure that is known for a region and layer, the closest; None: nothing is known."""
        fitting = [
            one
            for one in self.precision
            if one.region in (None, region) and one.layer in (None, layer)
        ]
        closeness = [(one.region is not None, one.layer is not None) for one in fitting]
        return fitting[closeness.index(max(closeness))] if fitting else None
