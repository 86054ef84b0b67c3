"""What the gateway counts about itself, for GET /metrics."""
