"""What policy decided about calls, and why: made on demand, kept for denials and for a sample of the rest."""
