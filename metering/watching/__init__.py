"""Looking for what people should know before they find out: budgets that will not last, failing vendors, tokens about
to expire. Each is told once, as a notice, however many workers look.
"""
