"""The command `pro-service`."""

from __future__ import annotations

import sys

import typer

from pro_service import __version__
from pro_service.cli.people import cards, contacts, messages, numbers, participants, safety, visits
from pro_service.cli.record import audit
from pro_service.cli.reports.adherence import adherence_command
from pro_service.cli.reports.export import export_command
from pro_service.cli.reports.rescore import rescore_command
from pro_service.cli.running import keeping, serve
from pro_service.cli.running.demo import demo_command
from pro_service.cli.study import plans, protocols, senders, staff, twilio, wording
from pro_service.cli.tools import instruments, score, try_reply
from pro_service.domain.tables.characters import has_control

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Asks a trial's participants how their knee is, and keeps every answer.",
)
app.add_typer(protocols.protocol_app, name="protocol")
app.add_typer(plans.plan_app, name="plan")
app.add_typer(protocols.site_app, name="site")
app.add_typer(staff.staff_app, name="staff")
app.add_typer(instruments.instrument_app, name="instrument")
app.add_typer(participants.event_app, name="event")
app.add_typer(participants.participant_app, name="participant")
participants.participant_app.add_typer(contacts.contact_app, name="contact")
participants.participant_app.add_typer(safety.safety_app, name="safety")
app.add_typer(visits.visit_app, name="visit")
app.add_typer(messages.messages_app, name="messages")
app.add_typer(senders.sender_app, name="sender")
app.add_typer(serve.keys_app, name="keys")
app.add_typer(keeping.restore_app, name="restore")
app.add_typer(audit.audit_app, name="audit")
app.add_typer(twilio.twilio_app, name="twilio")
app.add_typer(wording.wording_app, name="wording")
app.command("enrol")(participants.enrol_command)
app.command("adherence")(adherence_command)
app.command("demo")(demo_command)
app.command("cards")(cards.cards_command)
participants.participant_app.command("new-card")(cards.new_card)
app.command("export")(export_command)
app.command("rescore")(rescore_command)
app.command("backup")(keeping.backup_command)
app.command("migrate")(serve.migrate_command)
app.command("serve")(serve.serve_command)
app.command("worker")(serve.worker_command)
numbers.register(participants.participant_app)
score.register(app)
try_reply.register(app)


@app.command("version")
def version_command() -> None:
    """Print the release."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; no argument with a control character goes any further."""
    for place, argument in enumerate(sys.argv[1:], start=1):
        if has_control(argument):
            typer.echo(
                f"error: argument {place} holds a control character. Type it anew.", err=True
            )
            raise SystemExit(2)
    app()
