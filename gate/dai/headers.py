"""The two headers that the gate reads: the server's clock, and its hint when to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def date(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's Date in UTC; None where it is missing or no date."""
    return _http_date(headers.get("Date", ""))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return a Retry-After in seconds, never negative; None where it is missing or senseless.

    One that is an HTTP date counts from the server's own Date: the clocks here and there need not agree.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment, now = _http_date(text), date(headers)
    return None if moment is None or now is None else max(0.0, (moment - now).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
