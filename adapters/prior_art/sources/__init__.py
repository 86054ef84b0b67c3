"""The search services: a file for what each one's answers look like, and the rest in common."""
