"""ATI tokens: their verbs, their secrets, and how much each lets its holders do."""
