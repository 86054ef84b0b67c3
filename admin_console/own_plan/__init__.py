"""The page of the own plan: what it allows, in words, and what is set below it."""
