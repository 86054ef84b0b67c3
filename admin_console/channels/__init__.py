"""The pages of channels: webhooks, Slack and Microsoft Teams."""
