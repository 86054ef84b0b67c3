"""What the HTTP benchmarks run: a mock vendor, a bare pass-through, the gateway, and a load generator."""
