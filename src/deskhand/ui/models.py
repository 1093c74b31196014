"""One-time keys: of write forms, and of the requests of programs."""

from django.conf import settings
from django.db import models


class Submission(models.Model):
    """A form that has been sent: the key it carried, who sent it (nobody: signed out), and where its result is shown."""

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    leads_to = models.TextField(blank=True, default="")  # a search for 200 characters is an address of 1,800
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="submission_at")]

    def __str__(self) -> str:
        return str(self.key)


class Answered(models.Model):
    """A request of a program that carried an idempotency key: what it asked, and the answer that a repeat gets."""

    token = models.ForeignKey("accounts.ApiToken", models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # of method, path and body: another request with the same key is a mistake
    status = models.PositiveSmallIntegerField(null=True)  # None: it is being worked on
    body = models.TextField(blank=True, default="")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answered_once")]

    def __str__(self) -> str:
        return self.key
