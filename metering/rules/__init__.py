"""What rules and budgets may say: keys with their values, conditions, the words of budgets. Below the catalog."""
