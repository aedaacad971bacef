"""Writes what happened: one module for each format, all from the same `Report`."""
