"""Products, purchases, licenses and where they run."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80, verbose_name="Name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("product", "A product"), ("hosting", "A hosting plan"), ("support", "Support alone")],
                        default="product",
                        max_length=8,
                        verbose_name="Kind",
                    ),
                ),
                ("support_days", models.PositiveIntegerField(blank=True, null=True, verbose_name="Days of support")),
                ("grace_days", models.PositiveSmallIntegerField(default=0, verbose_name="Days of grace after it")),
                ("license_count", models.PositiveSmallIntegerField(default=0, verbose_name="Licenses of a purchase")),
                (
                    "license_days",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="Days a license is valid"),
                ),
                (
                    "installations",
                    models.PositiveSmallIntegerField(default=1, verbose_name="Installations of a license"),
                ),
                (
                    "moves_a_year",
                    models.PositiveSmallIntegerField(default=1, verbose_name="Moves a year by the customer"),
                ),
                (
                    "download_url",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["https", "http"])],
                        verbose_name="Download",
                    ),
                ),
                (
                    "renew_url",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["https", "http"])],
                        verbose_name="Where to renew support",
                    ),
                ),
                ("covered", models.TextField(blank=True, default="", verbose_name="What support covers")),
                ("not_covered", models.TextField(blank=True, default="", verbose_name="What support does not cover")),
                (
                    "benefit",
                    models.CharField(blank=True, default="", max_length=120, verbose_name="What a buyer may claim"),
                ),
                (
                    "benefit_url",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["https", "http"])],
                        verbose_name="How to claim it",
                    ),
                ),
                (
                    "takes_bug_reports",
                    models.BooleanField(default=False, verbose_name="Bug reports are welcome without support"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_archived", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Purchase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=80, unique=True, verbose_name="Order")),
                ("bought_at", models.DateTimeField(verbose_name="Bought on")),
                ("support_until", models.DateField(blank=True, null=True, verbose_name="Support until")),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="Amount"),
                ),
                ("currency", models.CharField(blank=True, default="", max_length=3, verbose_name="Currency")),
                ("partner", models.CharField(blank=True, default="", max_length=80, verbose_name="Partner")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("refunded", "Refunded"), ("fraud", "Fraud")],
                        default="active",
                        max_length=8,
                        verbose_name="State",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "via",
                    models.CharField(
                        choices=[("api", "API"), ("webhook", "Webhook"), ("csv", "CSV file"), ("hand", "By hand")],
                        max_length=7,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="purchases", to="entitlements.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="License",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40, unique=True)),
                ("installations", models.PositiveSmallIntegerField(default=1)),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("deactivated_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "purchase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="licenses", to="entitlements.purchase"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Sender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="Name")),
                ("secret", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=253)),
                ("activated_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "removed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bound", to="entitlements.license"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)), fields=("license", "domain"), name="installation_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["owner", "-bought_at", "id"], name="purchase_owner"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["-bought_at", "-id"], name="purchase_newest"),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "active")),
                    models.Q(models.Q(("state", "active"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="purchase_ended_is_its_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", None), ("amount__gte", 0), _connector="OR"),
                name="purchase_amount_not_negative",
            ),
        ),
    ]
