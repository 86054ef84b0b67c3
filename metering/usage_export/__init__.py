"""Usage for billing systems: each row once, resumable, and in sum always what the ledger has charged."""
