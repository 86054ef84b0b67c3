"""The LLM vendors: one folder or file each, behind one port. They know no tenant, price or budget."""
