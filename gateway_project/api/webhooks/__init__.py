"""/api/webhooks: addresses that the caller's tenant has events sent to, and what became of them."""
