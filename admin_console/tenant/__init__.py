"""The page of one tenant: how it stands, and what can be done; and the list of all of them."""
