"""The audit trail in words: who did what when, with names instead of ids."""
