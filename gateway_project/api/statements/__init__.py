"""Monthly statements: listed, read, and taken along."""
