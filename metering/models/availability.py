"""How many requests the gateway answered, and at how many it failed itself."""

from django.db import models


class ServedHour(models.Model):
    """One hour of all processes. Processes add to it what they counted since they wrote last."""

    hour = models.DateTimeField(primary_key=True)
    answered = models.BigIntegerField(default=0, help_text="Requests of the routes that are metered.")
    failed = models.BigIntegerField(
        default=0, help_text="Of these, those at which the gateway itself failed."
    )
    vendor_failed = models.BigIntegerField(default=0, help_text="Of these, those at which vendors failed.")

    class Meta:
        ordering = ["-hour"]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}"
