"""Secrets: from the environment or from files, never from a flag or the settings file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from gate.core.record import record
from gate.errors import UsageError
from gate.settings.kinds import trimmed

if TYPE_CHECKING:
    from gate.settings.sections import Credentials


def variable_of(name: str) -> str:
    """Return the variable that holds a secret or a setting."""
    return "DAI_" + name.upper().replace("-", "_")


# Never a flag, never in the settings file: the name of each, and where it goes instead.
SECRETS = {
    name: f"set {variable_of(name)} in the environment, or name a file with --{name}-file"
    for name in ("token", "client-secret", "password")
}
# The kinds of credentials, each with its parts; the secret comes last.
_KINDS = (
    {"token": "token"},
    {"client_id": "client id", "client_secret": "client secret"},
    {"username": "user name", "password": "password"},
)
_LARGEST_BYTES = 1 << 16
_FIX = "Name a file that holds the secret alone."


@record
class Secret:
    """A value that no `repr`, log line or traceback shows. `origin` is where it came from."""

    value: str = field(repr=False)
    origin: str

    def __str__(self) -> str:
        return "***"


@record(kw_only=True)
class Secrets:
    """The secrets that were given: of at most one kind of credentials, and that one complete."""

    token: Secret | None = None
    client_secret: Secret | None = None
    password: Secret | None = None

    def all(self) -> tuple[Secret, ...]:
        found = (getattr(self, each.name) for each in fields(self))
        return tuple(secret for secret in found if secret)


def read_secrets(credentials: Credentials, environ: Mapping[str, str], origin: Callable[[str], str]) -> Secrets:
    """Read the secrets. `origin` names where a setting came from.

    Raises UsageError for an incomplete or ambiguous set, and for a secret that cannot be read or sent.
    """
    found = {
        each.name: _secret(each.name, environ, getattr(credentials, f"{each.name}_file"), origin(f"{each.name}_file"))
        for each in fields(Secrets)
    }
    origins = {name: secret.origin for name, secret in found.items() if secret}
    origins |= {name: origin(name) for name in ("client_id", "username") if getattr(credentials, name)}
    given = [[f"a {words} ({origins[name]})" for name, words in kind.items() if name in origins] for kind in _KINDS]
    kinds = [" and ".join(parts) for parts in given if parts]
    if len(kinds) > 1:
        raise UsageError(f"kinds of credentials are mixed: {', '.join(kinds)}", "Give one kind of credentials.")
    for kind in _KINDS[1:]:
        _check_complete(kind, origins)
    if credentials.token_url and not kinds:
        raise UsageError(
            f"a token URL is given ({origin('token_url')}), but no client id",
            "Add --client-id, and set DAI_CLIENT_SECRET.",
        )
    return Secrets(**found)


def _check_complete(kind: Mapping[str, str], origins: Mapping[str, str]) -> None:
    """Raise UsageError where only one of a name and its secret is given."""
    (name, name_words), (secret, secret_words) = kind.items()
    if name in origins and secret not in origins:
        key = secret.replace("_", "-")
        raise UsageError(
            f"a {name_words} is given ({origins[name]}), but no {secret_words}",
            f"Set {variable_of(key)}, or name a file with --{key}-file.",
        )
    if secret in origins and name not in origins:
        fix = f"Add --{name.replace('_', '-')}."
        raise UsageError(f"a {secret_words} is given ({origins[secret]}), but no {name_words}", fix)


def _secret(name: str, environ: Mapping[str, str], path: str | None, path_origin: str) -> Secret | None:
    variable = variable_of(name)
    value = _usable(name, environ.get(variable, ""), f"environment variable {variable}")
    if value and path:
        raise UsageError(f"both {variable} and {path_origin} are given", "Give only one of them.")
    if path:
        return Secret(read_secret_file(name, path, path_origin), path_origin)
    return Secret(value, f"environment variable {variable}") if value else None


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """Return the secrets that an environment holds, as they are, to be hidden."""
    return [environ[variable_of(name)] for name in SECRETS if environ.get(variable_of(name))]


def read_secret_file(name: str, path: str, origin: str) -> str:
    """Return what a secret file holds. Raises UsageError, which never shows the content."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{origin}: {path} cannot be read: {why}", _FIX) from None
    if len(content) > _LARGEST_BYTES:
        raise UsageError(f"{origin}: {path} is larger than 64 KiB", _FIX)
    try:
        text = content.decode()
    except UnicodeError:
        raise UsageError(f"{origin}: {path} cannot be read: it is not UTF-8 text", _FIX) from None
    if not (value := _usable(name, text, path)):
        raise UsageError(f"{origin}: {path} is empty", _FIX)
    return value


def _usable(name: str, value: str, origin: str) -> str:
    """Return a secret without what is around it. Raises UsageError for one that cannot be sent."""
    try:
        value = trimmed(value, origin)
    except ValueError as error:
        raise UsageError(str(error), "Copy the secret again, complete and with nothing else.") from None
    if name == "token" and not (value.isascii() and value.isprintable()):
        raise UsageError(
            f"the token in {origin.removeprefix('environment variable ')} holds a line break or a character that "
            "cannot be sent in a header",
            "Copy it again, complete and with nothing else.",
        )
    return value
