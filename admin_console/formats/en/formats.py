"""The one way in which the console writes moments (admin_console/wording.py), for fields that Django shows itself."""

DATE_FORMAT = SHORT_DATE_FORMAT = "D j M Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "D j M Y, H:i:s e"
"""With the zone's name."""
