"""The PostgreSQL store: one transaction a batch, a few round trips, no ORM."""
