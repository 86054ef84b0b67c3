"""Form fields for what people type: amounts, percentages, days and hours, names instead of ids."""
