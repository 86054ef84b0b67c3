"""The ledger's writer in a process of its own, beside the server's: what it costs to batch, decide and write does not
hold up the calls.

`client.py` is the server's side and implements the Ledger port; `served.py` is the process, a LedgerWriter behind a
socket; `messages.py` is what they say to each other. The process is the server's child, has one such pair of sockets,
and ends when the other end is closed. ADR 39.
"""
