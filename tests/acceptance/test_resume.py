"""The command that resumes a wait: it forgets no run, runs nothing else, and is the last thing that is logged."""

from __future__ import annotations
