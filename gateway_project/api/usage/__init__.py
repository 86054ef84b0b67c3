"""What was used and what is left: history, top spenders, exports and the status of budgets. Reads only."""
