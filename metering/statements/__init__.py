"""Monthly statements: what a tenant used and owes, issued once for each month and never changed."""
