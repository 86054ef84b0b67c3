"""Reproducible measurements: `script/bench NAME`. Nothing here decides a test."""
