"""Tells: one module a format, all fed the same `Report`."""
