"""The finished answers of calls that came with an Idempotency-Key, kept for a day and replayed (ADR 14)."""
