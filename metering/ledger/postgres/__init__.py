"""The PostgreSQL store carries out a batch in one transaction and a few round trips, without an ORM."""
