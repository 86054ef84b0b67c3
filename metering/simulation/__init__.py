"""What policy says about a call that nobody makes: explained as things are, or under another plan, rule set or time."""
