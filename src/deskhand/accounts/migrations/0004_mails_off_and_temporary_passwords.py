from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_session_with_its_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_password_temporary",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="user",
            name="mails_off",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
