"""Configuration files of other gateways, read as ours: each format is a pure function from its text to our document."""
