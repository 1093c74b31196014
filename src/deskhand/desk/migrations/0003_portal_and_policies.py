from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="desk",
            name="after_opening",
            field=models.CharField(
                choices=[("ticket", "At the new ticket"), ("list", "At the list, with the new ticket marked")],
                default="ticket",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="announcement",
            field=models.TextField(blank=True, default="", verbose_name="Announcement"),
        ),
        migrations.AddField(
            model_name="desk",
            name="auto_close_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Quiet days until closing"),
        ),
        migrations.AddField(
            model_name="desk",
            name="auto_close_warning_days",
            field=models.PositiveSmallIntegerField(default=2, verbose_name="Warning before, in days"),
        ),
        migrations.AddField(
            model_name="desk",
            name="columns",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="desk",
            name="expands_in_place",
            field=models.BooleanField(default=False, verbose_name="A ticket opens inside the list"),
        ),
        migrations.AddField(
            model_name="desk",
            name="guide",
            field=models.TextField(blank=True, default="", verbose_name="When to open a ticket"),
        ),
        migrations.AddField(
            model_name="desk",
            name="home",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="desk",
            name="labels",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="desk",
            name="mail_matrix",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="desk",
            name="managers_may_close",
            field=models.BooleanField(default=True, verbose_name="Managers may close their members’ tickets"),
        ),
        migrations.AddField(
            model_name="desk",
            name="preset",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="desk",
            name="reopen_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="Days in which a closed ticket reopens"
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="tabs",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="desk",
            name="tips",
            field=models.TextField(blank=True, default="", verbose_name="What to include"),
        ),
        migrations.AlterField(
            model_name="desk",
            name="managers_may_reply",
            field=models.BooleanField(default=True, verbose_name="Managers may reply to their members’ tickets"),
        ),
    ]
