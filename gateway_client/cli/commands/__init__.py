"""The commands: each reads what was typed, asks the gateway, and shows the answer."""
