"""Telling people about alerts: who is to know, what they are told, and getting it to them."""
