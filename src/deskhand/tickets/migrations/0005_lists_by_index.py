"""An index for each list of each kind of person, and none that nobody reads: docs/decisions/0008."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

COPIED = "category, is_unsolved, is_unassigned, updated_at, public_updated_at"
VALUES = "category, is_unsolved, is_unsolved AND assignee_id IS NULL, updated_at, public_updated_at"
FILL = f"UPDATE tickets_follower SET ({COPIED}) = (SELECT {VALUES} FROM tickets_ticket WHERE id = ticket_id)"  # noqa: S608 - our own words only
OF = "category, is_unsolved, assignee_id, updated_at, public_updated_at"
NEW = (
    "NEW.category, NEW.is_unsolved, NEW.is_unsolved AND NEW.assignee_id IS NULL, NEW.updated_at, NEW.public_updated_at"
)
# In the database and not in the door: it costs no round trip, and nobody who writes a ticket can forget it.
COPY: dict[str, list[str]] = {
    "sqlite": [
        f"""CREATE TRIGGER tickets_follower_copies AFTER INSERT ON tickets_follower BEGIN
            UPDATE tickets_follower SET ({COPIED}) = (SELECT {VALUES} FROM tickets_ticket WHERE id = NEW.ticket_id)
            WHERE id = NEW.id; END""",  # noqa: S608 - our own words only
        f"""CREATE TRIGGER tickets_ticket_copied AFTER UPDATE OF {OF} ON tickets_ticket BEGIN
            UPDATE tickets_follower SET ({COPIED}) = ({NEW}) WHERE ticket_id = NEW.id; END""",  # noqa: S608 - our own words only
    ],
    "postgresql": [
        f"""CREATE FUNCTION tickets_follower_copies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            SELECT {VALUES} INTO NEW.category, NEW.is_unsolved, NEW.is_unassigned, NEW.updated_at, NEW.public_updated_at
            FROM tickets_ticket WHERE id = NEW.ticket_id;
            RETURN NEW; END $$""",  # noqa: S608 - our own words only
        """CREATE TRIGGER tickets_follower_copies BEFORE INSERT ON tickets_follower
            FOR EACH ROW EXECUTE FUNCTION tickets_follower_copies()""",
        f"""CREATE FUNCTION tickets_ticket_copied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE tickets_follower SET ({COPIED}) = ROW({NEW}) WHERE ticket_id = NEW.id;
            RETURN NULL; END $$""",  # noqa: S608 - our own words only
        f"""CREATE TRIGGER tickets_ticket_copied AFTER UPDATE OF {OF} ON tickets_ticket
            FOR EACH ROW EXECUTE FUNCTION tickets_ticket_copied()""",
    ],
}
FORGET: dict[str, list[str]] = {
    "sqlite": ["DROP TRIGGER tickets_ticket_copied", "DROP TRIGGER tickets_follower_copies"],
    "postgresql": [
        "DROP TRIGGER tickets_ticket_copied ON tickets_ticket",
        "DROP FUNCTION tickets_ticket_copied()",
        "DROP TRIGGER tickets_follower_copies ON tickets_follower",
        "DROP FUNCTION tickets_follower_copies()",
    ],
}
# Their own index is covered by one that begins with the same column, or nobody looks for tickets by it.
UNREAD = {
    "ticket": ["requester", "organization", "topic", "status", "priority", "assignee", "team", "last_replier"],
    "follower": ["ticket", "user"],
    "seen": ["user"],
    "tickettag": ["ticket"],
    "message": ["ticket"],
    "event": ["ticket"],
    "attachment": ["message"],
}


def by_vendor(statements: dict[str, list[str]]):  # noqa: ANN201 - what RunPython takes
    def run(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements[editor.connection.vendor]:
            editor.execute(statement)

    return run


def drop_unread(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By name: to alter eight columns, SQLite would write the whole table eight times."""
    for table, columns in UNREAD.items():
        with editor.connection.cursor() as cursor:
            found = editor.connection.introspection.get_constraints(cursor, f"tickets_{table}")
        for name, index in found.items():
            is_only_index = index["index"] and not (index["unique"] or index["primary_key"] or index["foreign_key"])
            if is_only_index and index["columns"] in [[f"{column}_id"] for column in columns]:
                editor.execute(f"DROP INDEX {editor.quote_name(name)}")


def create_unread(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for table, columns in UNREAD.items():
        for column in columns:
            name = editor.quote_name(f"tickets_{table}_{column}_id")
            editor.execute(f"CREATE INDEX {name} ON tickets_{table} ({column}_id)")


def unread(model: str, name: str, to: str, on_delete: Any, **options: Any) -> migrations.AlterField:  # noqa: ANN401 - any field's
    return migrations.AlterField(model, name, models.ForeignKey(to, on_delete, db_index=False, **options))


CASCADE, PROTECT, SET_NULL = (
    django.db.models.deletion.CASCADE,
    django.db.models.deletion.PROTECT,
    django.db.models.deletion.SET_NULL,
)
USER = settings.AUTH_USER_MODEL
BY_STAFF, BY_CUSTOMER = ("-updated_at", "-id"), ("-public_updated_at", "-id")
FOLLOWED, SHOWN = ("-updated_at", "-ticket"), ("-public_updated_at", "-ticket")
OPEN, SOLVED = models.Q(("is_unsolved", True)), models.Q(("is_unsolved", False))
FREE, TAKEN = models.Q(("assignee__isnull", True)), models.Q(("assignee__isnull", False))
INDEXES = (
    ("ticket", models.Index(fields=BY_STAFF, name="ticket_solved", condition=SOLVED)),
    ("ticket", models.Index(fields=BY_STAFF, name="ticket_unassigned", condition=OPEN & FREE)),
    ("ticket", models.Index(fields=("assignee", *BY_STAFF), name="ticket_assigned", condition=OPEN & TAKEN)),
    ("ticket", models.Index(fields=("assignee", *BY_STAFF), name="ticket_assigned_solved", condition=SOLVED & TAKEN)),
    ("ticket", models.Index(fields=("team", *BY_STAFF), name="ticket_team_unsolved", condition=OPEN)),
    ("ticket", models.Index(fields=("team", *BY_STAFF), name="ticket_team_solved", condition=SOLVED)),
    ("ticket", models.Index(fields=("team", *BY_STAFF), name="ticket_team_unassigned", condition=OPEN & FREE)),
    ("ticket", models.Index(fields=("requester", "category", *BY_CUSTOMER), name="ticket_requester_tab")),
    ("ticket", models.Index(fields=("organization", "category", *BY_CUSTOMER), name="ticket_organization_tab")),
    ("follower", models.Index(fields=("user", *SHOWN), name="follower_all")),
    ("follower", models.Index(fields=("user", "category", *SHOWN), name="follower_tab")),
    ("follower", models.Index(fields=("user", *FOLLOWED), name="follower_unsolved", condition=OPEN)),
    ("follower", models.Index(fields=("user", *FOLLOWED), name="follower_solved", condition=SOLVED)),
    (
        "follower",
        models.Index(
            fields=("user", *FOLLOWED), name="follower_unassigned", condition=models.Q(("is_unassigned", True))
        ),
    ),
)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_live_cursor"), migrations.swappable_dependency(USER)]

    operations = [
        migrations.AddField("follower", "category", models.CharField(db_default="", editable=False, max_length=12)),
        migrations.AddField("follower", "is_unsolved", models.BooleanField(db_default=False, editable=False)),
        migrations.AddField("follower", "is_unassigned", models.BooleanField(db_default=False, editable=False)),
        migrations.AddField("follower", "updated_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("follower", "public_updated_at", models.DateTimeField(editable=False, null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunPython(by_vendor(COPY), by_vendor(FORGET)),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(drop_unread, create_unread)],
            [
                unread("ticket", "requester", USER, PROTECT, related_name="tickets"),
                unread(
                    "ticket",
                    "organization",
                    "accounts.organization",
                    SET_NULL,
                    null=True,
                    blank=True,
                    related_name="tickets",
                ),
                unread("ticket", "topic", "tickets.topic", PROTECT, related_name="+"),
                unread("ticket", "status", "tickets.status", PROTECT, related_name="+"),
                unread("ticket", "priority", "tickets.priority", PROTECT, related_name="+"),
                unread("ticket", "assignee", USER, SET_NULL, null=True, blank=True, related_name="+"),
                unread("ticket", "team", "accounts.team", SET_NULL, null=True, blank=True, related_name="+"),
                unread("ticket", "last_replier", USER, SET_NULL, null=True, related_name="+"),
                unread("follower", "ticket", "tickets.ticket", CASCADE, related_name="followers"),
                unread("follower", "user", USER, CASCADE, related_name="followed"),
                unread("seen", "user", USER, CASCADE, related_name="+"),
                unread("tickettag", "ticket", "tickets.ticket", CASCADE),
                unread("message", "ticket", "tickets.ticket", CASCADE, related_name="messages"),
                unread("event", "ticket", "tickets.ticket", CASCADE, related_name="events"),
                unread("attachment", "message", "tickets.message", CASCADE, null=True, related_name="attachments"),
            ],
        ),
        migrations.RemoveIndex("ticket", "ticket_team"),
        migrations.RemoveIndex("ticket", "ticket_mine"),
        migrations.RemoveIndex("ticket", "ticket_unassigned"),
        *(migrations.AddIndex(model, index) for model, index in INDEXES),
    ]
