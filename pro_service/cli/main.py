"""The command `pro-service`: its table of commands, each loaded when it is run."""

from __future__ import annotations

import sys
from typing import Final

import typer

from pro_service.cli.lazy import Entry, lazy_group, register
from pro_service.domain.tables.characters import has_control

COMMANDS: Final = (
    Entry(
        "enrol",
        "Enrol participants from a table: every row is checked first, then all or none.",
        "people.participants:enrol_command",
    ),
    Entry(
        "adherence",
        "Print participants x visits, and completion and availability per visit and site.",
        "reports.adherence:adherence_command",
    ),
    Entry(
        "demo",
        "Serve a study in progress, with phones to hold and time to move, kept in a folder.",
        "running.demo:demo_command",
    ),
    Entry(
        "cards",
        "Write printable cards (A6), one a page: address, QR picture, code, the site's telephone.",
        "people.cards:cards_command",
    ),
    Entry(
        "export",
        "Write a study's data in any of nine formats: one snapshot, all of it or nothing.",
        "reports.export:export_command",
    ),
    Entry(
        "correlate",
        "Set a score beside a measure of the same knee: over time, as changes, at a visit.",
        "measuring.correlate:correlate_command",
    ),
    Entry(
        "rescore",
        "Recompute all scores from the stored responses; what differs is added, the old is kept.",
        "reports.rescore:rescore_command",
    ),
    Entry(
        "backup",
        "Write the whole database to one file, and read it back.",
        "running.keeping:backup_command",
    ),
    Entry(
        "migrate",
        "Bring the database to this release's schema; any number of replicas may do it at once.",
        "running.migrating:migrate_command",
    ),
    Entry(
        "serve",
        "Serve pages and webhooks until SIGTERM or Ctrl-C, then drain.",
        "running.serve:serve_command",
    ),
    Entry(
        "doctor",
        "Say in one screen what is wrong here and how it is mended; nothing is changed.",
        "running.doctor:doctor_command",
    ),
    Entry(
        "worker",
        "Run reminders, sending, closing and sealing until SIGTERM or Ctrl-C, then drain.",
        "running.serve:worker_command",
    ),
    Entry(
        "score",
        "Append scores to a CSV of answers: each scale raw and 0-100, empty where not scorable.",
        "tools.score:register",
    ),
    Entry(
        "try-reply",
        "Show, as one JSON object a line, how each reply to one item is understood.",
        "tools.try_reply:register",
    ),
    Entry("protocol", "Study protocols, as data.", "study.protocols:protocol_app"),
    Entry("study", "The study as a whole.", "study.closing:study_app"),
    Entry("plan", "The study's analysis plan, as data.", "study.plans:plan_app"),
    Entry("site", "Sites.", "study.protocols:site_app"),
    Entry("staff", "People, and their membership of studies.", "study.accounts:staff_app"),
    Entry("api-key", "Keys of programs that use /api/v1.", "study.api_keys:api_key_app"),
    Entry("webhook", "What programs are told, and where.", "study.webhooks:webhook_app"),
    Entry("rota", "Who is told of urgent matters, and when.", "study.rota:rota_app"),
    Entry("instrument", "Instruments, as data.", "tools.instruments:instrument_app"),
    Entry("measure", "Measures, as data, and their values.", "measuring.measures:measure_app"),
    Entry("history", "Answers of an earlier study.", "study.history:history_app"),
    Entry("event", "Dated facts about participants.", "people.participants:event_app"),
    Entry("participant", "One participant.", "people.participant:participant_app"),
    Entry("visit", "Visits beside those the protocol dates.", "people.visits:visit_app"),
    Entry("messages", "The texts that are sent.", "people.messages:messages_app"),
    Entry("sender", "Our own addresses.", "study.senders:sender_app"),
    Entry("provider", "The providers of texts and e-mail.", "study.providers:provider_app"),
    Entry("pushes", "Pushes of providers that somebody looks at.", "study.pushes:pushes_app"),
    Entry("keys", "The keys that seal identities and links.", "running.keys:keys_app"),
    Entry(
        "restore",
        "Put a backup back (`restore FILE`); then see to what it forgot, and let sending go on.",
        "running.keeping:restore_app",
    ),
    Entry(
        "drill",
        "Rehearsals beside what is in use, which they leave alone.",
        "running.drill:drill_app",
    ),
    Entry(
        "audit",
        "Whether the record is what was sealed, and proof for others.",
        "record.audit:audit_app",
    ),
    Entry("allocation", "Who was given what, sealed.", "record.allocations:allocation_app"),
    Entry("data-query", "Questions about data.", "record.queries:query_app"),
    Entry(
        "binder",
        "Write the study's binder as one HTML file and one PDF, with their check sums.",
        "record.binder:binder_command",
    ),
    Entry(
        "record",
        "A participant's record to be taken along, and what was signed of it.",
        "record.signatures:record_app",
    ),
    Entry("lock", "Locks: values held for analysis (R14).", "record.locks:lock_app"),
    Entry("reads", "Images, read blinded (R19).", "measuring.reads:reads_app"),
    Entry("cut", "Data cuts: instants of the record by name.", "reports.cuts:cut_app"),
    Entry("twilio", "The Twilio account.", "study.twilio:twilio_app"),
    Entry("wording", "Licensed wording of instruments.", "study.wording:wording_app"),
)

app = typer.Typer(
    cls=lazy_group(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Asks a trial's participants how their knee is, and keeps every answer.",
)
register(app, COMMANDS)


@app.command("version")
def version_command() -> None:
    """Print the release."""
    # Where that stands takes as long to load as all of the help.
    from pro_service.release import release

    typer.echo(release())


def main() -> None:
    """Run the command line; no argument with a control character goes any further."""
    for place, argument in enumerate(sys.argv[1:], start=1):
        if has_control(argument):
            typer.echo(
                f"error: argument {place} holds a control character. Type it anew.", err=True
            )
            raise SystemExit(2)
    app()
