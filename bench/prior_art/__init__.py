"""Measuring the prior-art task on the invented documents of `fixtures/search_services`."""
