"""What every room may use and no room owns: counters, jobs, the audit trail."""

from django.conf import settings
from django.db import models


class Counter(models.Model):
    """A number that only rises. Taking one locks the row until the transaction ends, so numbers have no gaps."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class Job(models.Model):
    """Work to do after a change, written in the change's own transaction, done by a worker at least once.

    `done` names the reactions that are finished, so that a retry runs only the rest.
    """

    class State(models.TextChoices):
        READY = "ready"
        DEAD = "dead"  # tried often enough; waits for a person

    name = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    run_at = models.DateTimeField()
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True, default="")
    leased_until = models.DateTimeField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    done = models.JSONField(default=list)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["run_at", "id"], name="job_ready", condition=models.Q(state="ready"))]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk} ({self.state})"


class AuditEntry(models.Model):
    """One change of the desk or of a person's rights. There is no way to edit or delete one."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=80)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject", "-at"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
