"""Verbs that change policy: set a rule or a budget, switch one off."""
