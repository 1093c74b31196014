from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Not in the code that writes events: so that nobody who writes one can forget it, and it costs no round trip.
WAKE = """
    ALTER TABLE tickets_event ALTER COLUMN transaction SET DEFAULT pg_current_xact_id()::text::bigint;
    CREATE FUNCTION tickets_event_wake() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify('tickets_event', ''); RETURN NULL; END
    $$;
    CREATE TRIGGER tickets_event_wake AFTER INSERT ON tickets_event
        FOR EACH STATEMENT EXECUTE FUNCTION tickets_event_wake();
"""
SLEEP = """
    DROP TRIGGER tickets_event_wake ON tickets_event;
    DROP FUNCTION tickets_event_wake();
"""


def on_postgresql(statements: str):  # noqa: ANN201 - what RunPython takes
    def run(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(statements)

    return run


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_attachments")]

    operations = [
        migrations.AddField("event", "transaction", models.PositiveBigIntegerField(db_default=0)),
        migrations.AddIndex("event", models.Index(fields=["transaction", "id"], name="event_cursor")),
        migrations.RunPython(on_postgresql(WAKE), on_postgresql(SLEEP)),
    ]
