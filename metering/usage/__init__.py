"""What was used and what is left, read from the ledger's own rows. Selectors only: nothing here writes."""
