"""The ledger beside what vendors say themselves: what they counted and billed, by day and model."""
