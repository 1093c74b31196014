"""What can happen is a list in the code; a new kind needs no migration."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_topics_fields_promises")]
    operations = [migrations.AlterField("event", "kind", models.CharField(max_length=32))]
