"""/api/alerts: what was noticed about limits."""
