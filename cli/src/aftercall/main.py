"""`aftercall`: run the platform on one machine, apply configuration, look after it."""

import typer

from aftercall import config_commands, db_commands, events_commands, operate, run, topics_commands
from aftercall.doctor import command as doctor

app = typer.Typer(
    help="Asks callers how the call went, and makes the answer count.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(run.up)
app.command("demo")(run.demo)
app.command("diff")(config_commands.diff)
app.command("apply")(config_commands.apply)
app.command("export")(config_commands.export)
app.command("verify-event")(events_commands.verify_event)
app.command("send-test-event")(events_commands.send_test_event)
app.command("doctor")(doctor.doctor)
app.command("rebuild-rollups")(operate.rebuild_rollups)
app.add_typer(operate.dead, name="dead")
app.add_typer(operate.keys, name="keys")
app.add_typer(topics_commands.topics, name="topics")
app.add_typer(db_commands.db, name="db")

if __name__ == "__main__":
    app()
