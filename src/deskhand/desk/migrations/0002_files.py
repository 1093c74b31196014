import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="desk",
            name="file_kinds",
            field=models.CharField(
                default="jpg png pdf zip", max_length=200, verbose_name="Files that may be attached"
            ),
        ),
        migrations.AddField(
            model_name="desk",
            name="file_limit_mb",
            field=models.PositiveSmallIntegerField(
                default=30,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)],
                verbose_name="All files of a message together, in MB",
            ),
        ),
    ]
