"""The desk as it was before each import, so that one click brings it back."""

from typing import ClassVar

from django.db import models

from deskhand.accounts.models import User


class Snapshot(models.Model):
    """A whole blueprint, and why it was kept."""

    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    why = models.CharField(max_length=200)
    text = models.TextField()  # YAML

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.why}, {self.at:%Y-%m-%d %H:%M}"
