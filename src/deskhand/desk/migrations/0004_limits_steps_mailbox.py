"""Limits of what customers write, the portal's navigation, steps of opening, the mailbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0003_portal_and_policies"),
    ]

    operations = [
        migrations.AddField(
            model_name="desk",
            name="claims_on_open",
            field=models.BooleanField(default=False, verbose_name="Opening an unassigned ticket claims it"),
        ),
        migrations.AddField(
            model_name="desk",
            name="close_waiting_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="Quiet days on hold until closing"
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="longest_message",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="Longest message of a customer"),
        ),
        migrations.AddField(
            model_name="desk",
            name="longest_subject",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Longest subject"),
        ),
        migrations.AddField(
            model_name="desk",
            name="mailbox",
            field=models.CharField(
                choices=[
                    ("tickets", "A mail opens a ticket, or goes into the one it answers"),
                    ("replies", "Replies go into their ticket; a new mail is answered with the way to the desk"),
                    ("off", "No mail is read; each is answered with the way to the desk"),
                ],
                default="replies",
                max_length=7,
                verbose_name="Mail to the desk",
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="mailbox_answer",
            field=models.TextField(blank=True, default="", verbose_name="What a mail is answered with"),
        ),
        migrations.AddField(
            model_name="desk",
            name="navigation",
            field=models.CharField(
                choices=[("top", "At the top"), ("side", "At the side")],
                default="top",
                max_length=4,
                verbose_name="Navigation of the portal",
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="opens_in_steps",
            field=models.BooleanField(
                default=False, verbose_name="First the area and the issue type, then the details"
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="return_addresses",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="desk",
            name="short_message",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Ask for more below"),
        ),
        migrations.AddField(
            model_name="desk",
            name="status_on_reassign",
            field=models.CharField(blank=True, default="", max_length=12),
        ),
    ]
