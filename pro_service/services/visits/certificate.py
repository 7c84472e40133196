"""The certificate of an erasure (R17): what went, what stays, until when and by which rule.

It is written once, in every language one below the other, and kept word for word with its SHA-256:
later words of ours change nothing of it. It holds a code, logins and printed names, counts and
days; no number, no word of anybody's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from pro_service.domain.erasing import Ground
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.store.visits.erasures import BackupKept, ErasureCounts
from pro_service.texts.catalogue import load_texts

GOES: Final = ("numbers", "identities", "texts", "typed", "notes")
"""What is read by nobody once the key is destroyed; of texts and notes what is kept stays."""
STAYS: Final = ("code", "answers", "kept", "elsewhere", "audit", "indexes")


class Signer(NamedTuple):
    """Who asked, or who erased: name as it is printed, as the record names them, and when."""

    printed_name: str
    actor: str
    at: datetime


class CertificateFacts(NamedTuple):
    """What a certificate tells."""

    study: str
    code: str
    ground: Ground
    signers: Sequence[Signer]
    """Who asked and who erased; of what a restore did again: that alone."""
    again: bool
    counts: ErasureCounts
    retain_until: date | None
    flagged: bool
    """Whether the answers that stay are flagged as withdrawn from use."""
    backups: Sequence[BackupKept]
    made_at: datetime
    """Machine time."""


class Certificate(NamedTuple):
    """The certificate as it is kept."""

    text: str
    sha256: str


def write_certificate(facts: CertificateFacts) -> Certificate:
    """The certificate, in every language."""
    text = "\n".join("\n".join((*_part(facts, one), "")) for one in LANGUAGES)
    return Certificate(text, hashlib.sha256(text.encode("utf-8")).hexdigest())


def counted(kind: str, counts: ErasureCounts) -> dict[str, int]:
    """The figures that the sentence about a kind of thing names."""
    named = counts._asdict()
    return {"count": named.get(kind, 0), "scores": counts.scores, "alerts": counts.alerts}


def _part(facts: CertificateFacts, language: Language) -> Iterator[str]:
    words = load_texts("desk")

    def said(key: str, **values: object) -> str:
        return words.text(f"desk.erasure.{key}", language, **values)

    yield said("cert_title")
    yield said("cert_about", code=facts.code, study=facts.study)
    yield said(f"cert_ground_{facts.ground}", day=_day(facts.retain_until))
    for one in facts.signers:
        first = len(facts.signers) > 1 and one is facts.signers[0]
        key = "cert_again" if facts.again else "cert_asked" if first else "cert_erased"
        yield said(key, name=one.printed_name, who=one.actor, at=_instant(one.at))
    yield said("cert_goes")
    for kind in GOES:
        yield f"- {said(f'goes_{kind}', **counted(kind, facts.counts))}"
    yield said("cert_stays")
    for kind in STAYS:
        yield f"- {said(f'stays_{kind}', **counted(kind, facts.counts))}"
    if facts.flagged:
        yield f"- {said('stays_flagged')}"
    yield said("cert_until" if facts.retain_until else "cert_no_day", day=_day(facts.retain_until))
    yield said("cert_backups" if facts.backups else "cert_no_backups", at=_instant(facts.made_at))
    for each in facts.backups:
        key = "cert_backup" if each.kept_until else "cert_backup_open"
        yield "- " + said(
            key, file=each.file_name, at=_instant(each.made_at), day=_day(each.kept_until)
        )
    yield said("cert_disk")


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
