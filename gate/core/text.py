"""Foreign text inside the core: compared without regard to ASCII case, and bounded."""

from __future__ import annotations

import re
import string

# The most characters that are kept of an id, a status word, a model or an agent.
LONGEST_NAME = 200

# What ends a text that was cut: a secret may have been cut with it.
ELLIPSIS = "…"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def ascii_lower(text: str) -> str:
    """Return a text with its ASCII letters in lower case. Others stay: no foreign letter becomes one of these."""
    return text.translate(_LOWER)


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID as it is usually written."""
    return _UUID.fullmatch(text) is not None


def shorten(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a text of so many characters at the most; one that was cut ends in an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}{ELLIPSIS}"
