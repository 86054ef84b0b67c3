"""What policy says: explained, simulated, and as it was decided."""
