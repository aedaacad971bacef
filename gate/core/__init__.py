"""Decides. Pure: no clock, no socket, no file, no environment."""
