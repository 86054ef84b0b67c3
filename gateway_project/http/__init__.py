"""What every door shares about HTTP: requests and their bounds, errors, addresses, credentials, and Django's gate."""
