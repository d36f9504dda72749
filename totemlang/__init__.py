"""TOTEM: a small, total, metered language for questions to private data."""
