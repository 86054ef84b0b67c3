"""Signing in a machine that has no browser: it shows a short code, and a person who is signed in approves it.

The protocol is OAuth's device authorization grant (RFC 8628): `start` gives two codes, `decide` is what the person does
with the short one, `poll` and `collect` what the machine does with the long one.
"""
