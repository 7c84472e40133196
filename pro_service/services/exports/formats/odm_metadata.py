"""The head of an ODM file: study, visits, forms, items, code lists, users, sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pro_service.domain.instruments.model import Instrument, Item, Words
from pro_service.services.exports.formats.about import Told
from pro_service.services.exports.formats.xml import tag, text

NAMESPACE: Final = "http://www.cdisc.org/ns/odm/v1.3"
VERSION_OID: Final = "MDV.1"
_KINDS: Final = {"unscheduled": "Unscheduled", "early_termination": "Unscheduled"}
_SYSTEMS: Final = ("cdisc", "sponsor", "loinc")


@dataclass
class Met:
    """What the data named, and the head has to define."""

    visits: dict[str, str] = field(default_factory=dict)
    """Kind by id, in the schedules' order."""
    asks: dict[str, dict[str, None]] = field(default_factory=dict)
    """Ids of instruments by visit."""
    users: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)


def head(told: Told, met: Met, instruments: Mapping[str, Instrument]) -> str:
    """Everything up to the first participant."""
    study = f"ST.{told.study}"
    used = dict.fromkeys(each for asked in met.asks.values() for each in asked)
    known = [instruments[each] for each in used]
    names = "".join(
        text(name, told.study) for name in ("StudyName", "StudyDescription", "ProtocolName")
    )
    opening = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ODM xmlns="{NAMESPACE}" FileType="Snapshot" ODMVersion="1.3.2"'
        f' CreationDateTime="{told.instant}" AsOfDateTime="{told.instant}"'
        f' SourceSystem="pro-service" SourceSystemVersion="{told.release}"'
    )
    return "".join(
        (
            f'{opening} FileOID="{told.study}.{told.instant}">\n',
            tag("Study", tag("GlobalVariables", names) + _metadata(met, known), OID=study),
            "\n",
            tag("AdminData", _people(met, study, told), StudyOID=study),
            f'\n<ClinicalData StudyOID="{study}" MetaDataVersionOID="{VERSION_OID}">\n',
        )
    )


def _metadata(met: Met, known: Iterable[Instrument]) -> str:
    known = list(known)
    order = "".join(
        tag("StudyEventRef", StudyEventOID=f"SE.{visit}", OrderNumber=str(number), Mandatory="No")
        for number, visit in enumerate(met.visits, start=1)
    )
    return tag(
        "MetaDataVersion",
        "".join(
            (
                tag("Protocol", order) if order else "",
                *(
                    _event(visit, kind, met.asks.get(visit, {}))
                    for visit, kind in met.visits.items()
                ),
                *(_form(one) for one in known),
                *(_group(one) for one in known),
                *(_item(one, item) for one in known for item in one.items),
                *(_choices(one, item) for one in known for item in one.items if item.choices),
            )
        ),
        OID=VERSION_OID,
        Name="As exported",
    )


def _event(visit: str, kind: str, asks: Iterable[str]) -> str:
    refs = "".join(tag("FormRef", FormOID=f"F.{each}", Mandatory="No") for each in asks)
    told = {"OID": f"SE.{visit}", "Name": visit, "Repeating": "Yes"}
    return tag("StudyEventDef", refs, **told, Type=_KINDS.get(kind, "Scheduled"))


def _form(one: Instrument) -> str:
    content = tag("Description", _words(one.title))
    content += tag("ItemGroupRef", ItemGroupOID=f"IG.{one.id}", Mandatory="Yes")
    return tag("FormDef", content, OID=f"F.{one.id}", Name=one.id, Repeating="Yes")


def _group(one: Instrument) -> str:
    refs = "".join(
        tag("ItemRef", ItemOID=f"I.{one.id}.{item.code}", OrderNumber=str(number), Mandatory="No")
        for number, item in enumerate(one.items, start=1)
    )
    return tag("ItemGroupDef", refs, OID=f"IG.{one.id}", Name=one.id, Repeating="No")


def _item(one: Instrument, item: Item) -> str:
    bounds = (("GE", item.minimum), ("LE", item.maximum))
    checks = "".join(
        tag(
            "RangeCheck",
            text("CheckValue", str(value)),
            Comparator=comparator,
            SoftHard="Hard",
        )
        for comparator, value in bounds
    )
    oid = f"{one.id}.{item.code}"
    listed = tag("CodeListRef", CodeListOID=f"CL.{oid}") if item.choices else ""
    aliases = "".join(
        tag("Alias", Context=system, Name=one.codes[f"{system}_{item.code}"])
        for system in _SYSTEMS
        if f"{system}_{item.code}" in one.codes
    )
    return tag(
        "ItemDef",
        tag("Question", _words(item.label)) + checks + listed + aliases,
        **{"OID": f"I.{oid}", "Name": item.code, **_type(item)},
    )


def _type(item: Item) -> dict[str, str]:
    """What ODM wants to know of a number."""
    decimals = item.decimals
    length = str(max(len(str(item.minimum)), len(str(item.maximum))) + decimals)
    if not decimals:
        return {"DataType": "integer", "Length": length}
    return {"DataType": "float", "Length": length, "SignificantDigits": str(decimals)}


def _choices(one: Instrument, item: Item) -> str:
    listed = "".join(
        tag("CodeListItem", tag("Decode", _words(choice.label)), CodedValue=str(choice.value))
        for choice in item.choices
    )
    told = {"OID": f"CL.{one.id}.{item.code}", "Name": f"{one.id} {item.code}"}
    return tag("CodeList", listed, **told, DataType=_type(item)["DataType"])


def _people(met: Met, study: str, told: Told) -> str:
    version = tag(
        "MetaDataVersionRef",
        StudyOID=study,
        MetaDataVersionOID=VERSION_OID,
        EffectiveDate=told.instant[:10],
    )
    users = "".join(
        tag("User", text("LoginName", each), OID=f"U.{each}", UserType="Other")
        for each in sorted(met.users)
    )
    return users + "".join(
        tag("Location", version, OID=f"L.{site}", Name=site, LocationType="Site")
        for site in sorted(met.sites)
    )


def _words(words: Words) -> str:
    return "".join(
        text("TranslatedText", told, **{"xml:lang": language.replace("_", "-")})
        for language, told in words.items()
    )
