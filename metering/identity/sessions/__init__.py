"""People who are signed in: the pair of tokens that they get, and the session behind it."""
