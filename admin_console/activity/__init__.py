"""Activity: the log of calls and refusals, and the story of each."""
