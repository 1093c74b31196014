"""One-time keys of write forms."""

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
