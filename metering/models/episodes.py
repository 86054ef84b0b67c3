"""Troubles that last: when each began, and when it was over."""

from django.db import models
from django.db.models import Q

from metering.ids import uuid7


class Episode(models.Model):
    """Somebody's trouble, from the moment when it was noticed until it is over. It is told of once.

    Invariant: of one kind and subject one episode at most goes on (metering/watching/episodes.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=40, help_text="Of metering.types.EventType.")
    subject = models.CharField(max_length=64, help_text="A vendor's name, or a tenant's id.")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it was there last.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "subject"],
                condition=Q(ended_at__isnull=True),
                name="episode_goes_on_once",
                violation_error_message="Of this trouble an episode goes on already.",
            ),
        ]
        indexes = [
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="episode_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.subject}"
