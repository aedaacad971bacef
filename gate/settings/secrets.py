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

# Never a flag, never in the settings file: the name of each, and where it goes instead.
SECRETS = {
    "token": "set DAI_TOKEN in the environment, or name a file with --token-file",
    "client-secret": "set DAI_CLIENT_SECRET in the environment, or name a file with --client-secret-file",
    "password": "set DAI_PASSWORD in the environment, or name a file with --password-file",
}
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
        name: _secret(name, environ, getattr(credentials, f"{name}_file"), origin(f"{name}_file"))
        for name in ("token", "client_secret", "password")
    }
    secrets = Secrets(**found)
    token, client_secret, password = (each.origin if each else None for each in found.values())
    client_id = credentials.client_id and origin("client_id")
    user_name = credentials.username and origin("username")
    parts: list[dict[str, str | None]] = [
        {"a token": token},
        {
            "a client id": client_id,
            "a client secret": client_secret,
        },
        {
            "a user name": user_name,
            "a password": password,
        },
    ]
    kinds = [words for kind in parts if (words := " and ".join(f"{what} ({at})" for what, at in kind.items() if at))]
    if len(kinds) > 1:
        raise UsageError(f"kinds of credentials are mixed: {', '.join(kinds)}", "Give one kind of credentials.")
    _check_complete("client id", client_id, "--client-id", client_secret, "client-secret")
    _check_complete("user name", user_name, "--username", password, "password")
    if credentials.token_url and not kinds:
        raise UsageError(
            f"a token URL is given ({origin('token_url')}), but no client id",
            "Add --client-id, and set DAI_CLIENT_SECRET.",
        )
    return secrets


def _check_complete(what: str, name: str | None, option: str, secret: str | None, kind: str) -> None:
    """Raise UsageError where only one of a name and its secret is given; both are said by their origins."""
    kind_of_secret = kind.replace("-", " ")
    if name and not secret:
        raise UsageError(
            f"a {what} is given ({name}), but no {kind_of_secret}",
            f"Set {_variable(kind)}, or name a file with --{kind}-file.",
        )
    if secret and not name:
        raise UsageError(f"a {kind_of_secret} is given ({secret}), but no {what}", f"Add {option}.")


def _variable(name: str) -> str:
    return "DAI_" + name.upper().replace("-", "_")


def _secret(name: str, environ: Mapping[str, str], path: str | None, path_origin: str) -> Secret | None:
    variable = _variable(name)
    value = _usable(name, environ.get(variable, ""), f"environment variable {variable}")
    if value and path:
        raise UsageError(f"both {variable} and {path_origin} are given", "Give only one of them.")
    if path:
        return Secret(read_secret_file(name, path, path_origin), path_origin)
    return Secret(value, f"environment variable {variable}") if value else None


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """Return the secrets that an environment holds, as they are, to be hidden."""
    return [environ[_variable(name)] for name in SECRETS if environ.get(_variable(name))]


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
