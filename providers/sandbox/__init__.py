"""A deterministic vendor inside the process, for demos and tests. It is never mistaken for a real one."""
