"""A tree of topics, fields, promised times, and since when a ticket is resolved or closed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ATTEMPTS = "ALTER TABLE tickets_ticket ADD COLUMN attempts smallint DEFAULT 0 NOT NULL CHECK (attempts >= 0)"
SINCE = [
    "UPDATE tickets_ticket SET resolved_at = public_updated_at WHERE category = 'resolved'",
    "UPDATE tickets_ticket SET closed_at = public_updated_at WHERE category = 'closed'",
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_mails_off_and_temporary_passwords"),
        ("tickets", "0006_files_by_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Field",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("hint", models.CharField(blank=True, default="", max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("line", "Line of text"),
                            ("text", "Long text"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("choice", "One of a list"),
                            ("several", "Several of a list"),
                            ("checkbox", "Checkbox"),
                        ],
                        default="line",
                        max_length=8,
                    ),
                ),
                ("options", models.JSONField(blank=True, default=list)),
                (
                    "customers",
                    models.CharField(
                        choices=[
                            ("hidden", "Does not see it"),
                            ("read", "Reads it"),
                            ("write", "May fill it in"),
                            ("required", "Must fill it in"),
                        ],
                        default="write",
                        max_length=8,
                    ),
                ),
                (
                    "staff",
                    models.CharField(
                        choices=[
                            ("hidden", "Does not see it"),
                            ("read", "Reads it"),
                            ("write", "May fill it in"),
                            ("required", "Must fill it in"),
                        ],
                        default="write",
                        max_length=8,
                    ),
                ),
                ("is_global", models.BooleanField(default=False)),
                ("shown_value", models.CharField(blank=True, default="", max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_archived", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.AddField(
            model_name="priority",
            name="first_response_minutes",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="status",
            name="is_archived",
            field=models.BooleanField(default=False),
        ),
        # Django would write the whole table anew on SQLite, and lose the triggers of migration 5.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(ATTEMPTS, "ALTER TABLE tickets_ticket DROP COLUMN attempts")],
            [
                migrations.AddField(
                    model_name="ticket",
                    name="attempts",
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
            ],
        ),
        migrations.AddField(
            model_name="ticket",
            name="close_warned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="first_responded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="first_response_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="follows",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="follow_ups",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="overdue_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="resolved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="topic",
            name="asks_priority",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="topic",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="topic",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="tickets.topic",
            ),
        ),
        migrations.AddField(
            model_name="topic",
            name="priority",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="tickets.priority",
            ),
        ),
        migrations.AlterField(
            model_name="topic",
            name="name",
            field=models.CharField(max_length=80),
        ),
        migrations.RunSQL(SINCE, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("overdue_since__isnull", False)),
                fields=["-updated_at", "-id"],
                name="ticket_overdue",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("overdue_since__isnull", False)),
                fields=["team", "-updated_at", "-id"],
                name="ticket_team_overdue",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    ("first_responded_at", None),
                    ("first_response_due_at__isnull", False),
                    ("is_unsolved", True),
                    ("overdue_since", None),
                ),
                fields=["first_response_due_at", "id"],
                name="ticket_promised",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("category", "resolved")), fields=["resolved_at", "id"], name="ticket_resolved"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("follows__isnull", False)), fields=["follows"], name="ticket_follows"
            ),
        ),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.UniqueConstraint(
                condition=models.Q(("parent__isnull", False)),
                fields=("parent", "name"),
                name="topic_once_under_its_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.UniqueConstraint(
                condition=models.Q(("parent", None)), fields=("name",), name="topic_once_at_the_top"
            ),
        ),
        migrations.AddField(
            model_name="field",
            name="shown_if",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.field"
            ),
        ),
        migrations.AddField(
            model_name="field",
            name="topics",
            field=models.ManyToManyField(blank=True, related_name="+", to="tickets.topic"),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(("staff", "hidden"), _negated=True), name="staff_sees_every_field"
            ),
        ),
    ]
