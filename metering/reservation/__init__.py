"""Between a call and the ledger: its bound, its hold, its lease, its allowance and its end."""
