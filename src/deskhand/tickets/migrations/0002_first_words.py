"""The statuses, priorities and the topic a new desk starts with (S3.4, S3.8). All of them can be renamed."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STATUSES = [
    ("open", "Open", "Open", "Active, awaiting our response"),
    ("in_progress", "In progress", "In progress", "We are working on it"),
    ("waiting", "Waiting for customer", "Waiting for you", "We answered and wait for your response"),
    ("resolved", "Resolved", "Resolved", "We think it is solved"),
    ("closed", "Closed", "Closed", "Nothing is left to do"),
]
PRIORITIES = [
    ("low", "Low", "General questions, nothing urgent"),
    ("medium", "Medium", "Standard support requests"),
    ("high", "High", "Something affects your service"),
    ("urgent", "Urgent", "Critical, needs immediate attention"),
]


def add(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    status, priority, topic = (apps.get_model("tickets", name) for name in ("Status", "Priority", "Topic"))
    for position, (category, name, customer_name, explanation) in enumerate(STATUSES):
        status.objects.create(
            category=category, name=name, customer_name=customer_name, explanation=explanation, position=position,
            is_default=True,
        )  # fmt: skip
    for rank, (slug, name, meaning) in enumerate(PRIORITIES):
        priority.objects.create(slug=slug, name=name, meaning=meaning, rank=rank, is_default=slug == "medium")
    topic.objects.create(name="General", is_default=True)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
