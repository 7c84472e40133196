"""`doctor`: in one screen, what is wrong with an installation and how it is mended."""

from __future__ import annotations

from pathlib import Path

from pro_service.cli.options import DataOption
from pro_service.cli.running.findings import show_findings
from pro_service.cli.runtime import OPERATOR, open_bare_database, run_command
from pro_service.config import Settings, open_vault, read_settings
from pro_service.domain.errors import ProServiceError
from pro_service.parts import make_gateways
from pro_service.services.keeping import Finding, Installation, State, check_up
from pro_service.store.ids import made_at, new_id
from pro_service.store.pools import connect


def doctor_command(data: DataOption = None) -> None:
    """Say in one screen what is wrong here and how it is mended; nothing is changed.

    Exit code 1: something is wrong.
    """
    show_findings(run_command(_look(data)))


async def _look(data: Path | None) -> list[Finding]:
    """What there is to say; settings that cannot be read end it at once (SettingsError)."""
    settings = read_settings()
    found = settings_findings(settings)
    try:
        async with open_bare_database(settings, data) as (ready, url):
            # A folder brings settings of its own: its keys, its journal.
            found = settings_findings(ready) + await _providers(ready)
            here = Installation(ready.providers, open_vault(ready))
            connection = await connect(url, role=OPERATOR, actor="cli:doctor")
            try:
                return found + await check_up(connection, here, made_at(new_id()))
            finally:
                await connection.close()
    except ProServiceError as error:
        return [*found, Finding("database", State.wrong, error.message, error.mend or "")]


def settings_findings(settings: Settings) -> list[Finding]:
    """What the settings alone tell. Only in production must they be as strict."""
    strict = State.wrong if settings.database_kind == "production" else State.look
    secure = settings.public_url.startswith("https://")
    address = Finding(
        "address",
        State.well if secure else strict,
        settings.public_url,
        "" if secure else "Participants' links must be https: set PRO_PUBLIC_URL.",
    )
    return [
        # A demo's links lead to the port it was started on, and never off the machine.
        *([] if settings.database_kind == "demo" else [address]),
        _set("journal", settings.journal_dir, "Set PRO_JOURNAL_DIR, on another disk.", strict),
        _set("letters", settings.smtp_host, "Staff are told of nothing: set PRO_SMTP_HOST."),
        _set("metrics", settings.metrics_port, "Nobody watches: set PRO_METRICS_PORT."),
    ]


def _set(name: str, value: object, mend: str, unset: State = State.look) -> Finding:
    if value is None:
        return Finding(name, unset, "not set", mend)
    return Finding(name, State.well, str(value))


async def _providers(settings: Settings) -> list[Finding]:
    """Whether each provider's account is in the settings; none is called."""
    gateways = make_gateways(settings)
    try:
        gateways.open()
    except ProServiceError as error:
        return [Finding("providers", State.wrong, error.message, error.mend or "")]
    finally:
        await gateways.close()
    return [Finding("providers", State.well, ", ".join(settings.providers))]
