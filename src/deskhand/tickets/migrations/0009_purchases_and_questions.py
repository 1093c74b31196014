"""Tickets belong to purchases; questions; what was declined."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


QUESTION = "ALTER TABLE tickets_message ADD COLUMN is_question bool DEFAULT FALSE NOT NULL"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_tokens_and_identities"),
        ("entitlements", "0001_purchases"),
        ("tickets", "0008_event_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Django would write the whole table anew on SQLite: a million messages for one column.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(QUESTION, "ALTER TABLE tickets_message DROP COLUMN is_question")],
            [
                migrations.AddField(
                    model_name="message",
                    name="is_question",
                    field=models.BooleanField(db_default=False, default=False),
                ),
            ],
        ),
        migrations.AddField(
            model_name="ticket",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="installation",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="entitlements.installation",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="out_of_scope",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="purchase",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tickets",
                to="entitlements.purchase",
            ),
        ),
        migrations.AddField(
            model_name="topic",
            name="is_bug_report",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="topic",
            name="longest_message",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="topic",
            name="purchase",
            field=models.CharField(
                choices=[("none", "Not asked"), ("asked", "May be chosen"), ("required", "Needs active support")],
                default="none",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="via",
            field=models.CharField(
                choices=[
                    ("portal", "portal"),
                    ("staff", "staff"),
                    ("system", "system"),
                    ("api", "api"),
                    ("undo", "undo"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="via",
            field=models.CharField(
                choices=[
                    ("portal", "portal"),
                    ("staff", "staff"),
                    ("system", "system"),
                    ("api", "api"),
                    ("undo", "undo"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="scheduledchange",
            name="via",
            field=models.CharField(
                choices=[
                    ("portal", "portal"),
                    ("staff", "staff"),
                    ("system", "system"),
                    ("api", "api"),
                    ("undo", "undo"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("category", "waiting"), ("is_unsolved", True)),
                fields=["public_updated_at", "id"],
                name="ticket_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("purchase__isnull", False)),
                fields=["purchase", "-updated_at", "-id"],
                name="ticket_purchase",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("out_of_scope__isnull", False)), fields=["out_of_scope"], name="ticket_out_of_scope"
            ),
        ),
    ]
