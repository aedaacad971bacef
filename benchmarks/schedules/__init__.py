"""Polling schedules, played on runs that really happened and on synthetic ones."""
