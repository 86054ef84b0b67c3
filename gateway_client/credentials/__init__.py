"""What signs this machine's person in at a gateway, and where it is kept."""
