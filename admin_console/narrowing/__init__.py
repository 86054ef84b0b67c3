"""What a token may do: narrowed, widened again as far as its issuer may, and undone."""
