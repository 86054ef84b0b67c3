"""What the ledger could not be told while its database was away, kept on this machine's disk until it can be.

`records.py` is what is written, `frames.py` how; `file.py` is a process's file, `calls.py` what the records say of each
call. `group_commit.py` writes, `spool.py` keeps and tells what was written, `replay.py` how one call is told, and
`left.py` what processes left that are gone. `unseen.py` is the Ledger port of calls that are let in meanwhile. ADR 42,
docs/spool.md.
"""
