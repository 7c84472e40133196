"""`participant erase`: the key destroyed by two who sign, and the certificate written (R17)."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.options import (
    ActorOption,
    CodeArgument,
    DataOption,
    OptionError,
    StudyOption,
)
from pro_service.cli.people.participants import who_of, with_participant
from pro_service.cli.record.papers import write_together
from pro_service.cli.runtime import Runtime, out
from pro_service.cli.seated import HERE, ask_password, seated
from pro_service.domain.erasing import Ground
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.services.desk.account.proving import Proof
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.person import erasing
from pro_service.services.study import Passwords
from pro_service.services.visits.certificate import GOES, STAYS, counted
from pro_service.services.visits.erasing import ErasureLook, ErasureWish, look_at_erasure
from pro_service.store.pools import open_pools
from pro_service.texts.catalogue import load_texts


def erase_command(
    code: CodeArgument,
    by: Annotated[
        str | None, typer.Option("--by", metavar="LOGIN", help="Who signs, by their login.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Their name as it is to be printed.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; kept sealed under the study's key.")
    ] = None,
    ground: Annotated[
        Ground | None,
        typer.Option(
            "--ground", help="The protocol's day is past, or sponsor and committee decided it."
        ),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what goes and what stays; erase nothing.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the certificate goes.")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read it from the first line of input.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Destroy a participant's key: one person signs to ask for it, another within 7 days to do it.

    Who signs is somebody who may at the desk, with their password. Restrict first.
    """
    if preview:
        look = with_participant(code, study, data, actor, _look)
        _show(look)
        _write_certificate(folder, code, look.seen.certificate)
        return
    if by is None or name is None or reason is None or ground is None:
        raise typer.BadParameter("name --by, --name, --reason and --ground, or --preview")
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else ask_password(by)
    signing = _Signing(by, password, ErasureWish(ground, name, reason))
    erased, others, look = with_participant(code, study, data, actor, signing.sign)
    if not erased:
        out.print("Asked for: another person erases within 7 days.")
        if others == 0:
            out.print(
                "Nobody else may do it now: an investigator of the site or a data manager is needed"
                " (pro-service staff add)."
            )
        return
    out.print(f"{code} is erased. SHA-256: {look.seen.certificate_sha256}", markup=False)
    _write_certificate(folder, code, look.seen.certificate)


@dataclass(frozen=True)
class _Signing:
    """Who signs, with their password, and what."""

    login: str
    password: str = field(repr=False)
    wish: ErasureWish

    async def sign(
        self, runtime: Runtime, facts: ParticipantFacts
    ) -> tuple[bool, int, ErasureLook]:
        """Sign it; whether somebody was erased, how many others may, and what stands then."""
        passwords = Passwords()
        async with (
            await open_pools(runtime.url, roles=("desk", "clerk")) as pools,
            seated(pools, passwords, self.login, self.password) as seat,
        ):
            hands = Hands(seat, runtime.context, pools.desk, pools.clerk)
            if seat.study_id != facts.study_id:
                raise OptionError(f"{self.login} does not work in the study of {facts.code}.")
            place = await find_place(hands, facts.code, Action.erase)
            others = await erasing.count_others(hands, place)
            proof = Proof(self.password)
            erased = await erasing.sign(hands, passwords, facts.code, self.wish, proof, HERE)
            return erased, others, await _look(runtime, facts)


async def _look(runtime: Runtime, facts: ParticipantFacts) -> ErasureLook:
    return await look_at_erasure(who_of(runtime, facts))


def _show(look: ErasureLook) -> None:
    """What erasing would do, or that it was done."""
    words = load_texts("desk")

    def said(key: str, **values: object) -> str:
        return words.text(f"desk.erasure.{key}", "en", **values)

    seen = look.seen
    if seen.erased_at is not None:
        out.print(
            f"Erased by {seen.erased_by}, {seen.erased_at:%Y-%m-%d %H:%M}."
            f" Certificate: SHA-256 {seen.certificate_sha256}",
            markup=False,
        )
        return
    for title, key, kinds in (("goes", "goes", GOES), ("stays", "stays", STAYS)):
        out.print(f"{said(title)}:", markup=False)
        for kind in kinds:
            out.print(f"- {said(f'{key}_{kind}', **counted(kind, seen.counts))}", markup=False)
    day = look.protocol.study.retain_until
    out.print(said("cert_until", day=day) if day else said("cert_no_day"), markup=False)
    out.print(f"{said('backups')}:", markup=False)
    for one in look.backups:
        key = "cert_backup" if one.kept_until else "cert_backup_open"
        made = f"{one.made_at:%Y-%m-%d %H:%M} UTC"
        out.print(f"- {said(key, file=one.file_name, at=made, day=one.kept_until)}", markup=False)
    if not look.backups:
        out.print(said("no_backups"), markup=False)
    if seen.asked_by is not None:
        out.print(f"Asked for by {seen.asked_by} ({seen.asked_ground}).", markup=False)
    if look.problem is not None:
        out.print(f"Not now: {look.problem}", markup=False)


def _write_certificate(folder: Path | None, code: str, text: str | None) -> None:
    if folder is None or text is None:
        return
    safe = "".join(one if one.isascii() and one.isalnum() else "-" for one in code)
    for path in write_together(folder, {f"erasure-{safe}.txt": text.encode("utf-8")}):
        out.print(f"Written: {path}", markup=False)
