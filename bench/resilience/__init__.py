"""What the long runs share: gateways as in production, callers, a vendor that keeps a log, and the books beside it."""
