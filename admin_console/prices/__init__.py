"""What models cost: now, since when, by whom, and what the price list would change."""
