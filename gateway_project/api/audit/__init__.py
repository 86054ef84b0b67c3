"""/api/audit: who did what when."""
