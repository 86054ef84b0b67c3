"""Users, their teams and their passwords."""
