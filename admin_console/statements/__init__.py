"""Monthly statements: listed, read, taken along, and who is told of them."""
