"""Pictures as SVG: what may be in one, and the patent style."""
