from django.db import migrations, models


class Migration(migrations.Migration):
    """The quota counts all files of a person in an hour, the sweep asks by hash of thumbnails and by age."""

    dependencies = [("tickets", "0005_lists_by_index")]

    operations = [
        migrations.RemoveIndex("attachment", "attachment_staged"),
        migrations.AddIndex("attachment", models.Index(fields=["owner", "at"], name="attachment_owner")),
        migrations.AddIndex(
            "attachment",
            models.Index(fields=["thumbnail"], name="attachment_thumbnail", condition=~models.Q(thumbnail="")),
        ),
        migrations.AddIndex(
            "attachment",
            models.Index(
                fields=["at"],
                name="attachment_leaving",
                condition=models.Q(message=None) | ~models.Q(removed_at=None),
            ),
        ),
    ]
