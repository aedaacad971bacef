"""Talks to the server. `requests` lives here and nowhere else."""
