"""Events sent to addresses outside: signed webhooks, Slack and Microsoft Teams."""
