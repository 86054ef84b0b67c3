"""Addresses of reports that people keep under a name."""

from django.db import models

from metering.ids import uuid7
from metering.models.people import User

MAX_QUERY = 1_000


class SavedView(models.Model):
    """What a person's report shows: the range, filters and grouping, as the end of an address.

    It holds words, no ids and no figures: whoever opens it sees what they may see then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=MAX_QUERY, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_view_once",
                violation_error_message="There is a view of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name
