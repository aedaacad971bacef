"""Secrets, hidden in every spelling in which they may come back."""

from __future__ import annotations

import base64
import html
import json
import random
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gate.core.text import shorten
from gate.reports.redactor import SHORTEST_ANYWHERE, SHORTEST_HIDDEN, Redactor, shortness
from gate.reports.text import cut, one_line
from reporting import foreign

SECRETS = [
    "hunter2 \u00fc/+?&<'\"",
    "p%ss=w:rd",
    "a b  c\td-long",
    "line\nbreak",
    "back\u202ewards",
    "tok.en-_~\\u0041",
    "\ud800half",
]
SECRETS += ["AbC%2f-&amp;-x\\\\n", "\U0001f642smile", "\u00c9T\u00c9-\u00fcber-\u0130"]
secrets = st.sampled_from(SECRETS) | st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40
)


def raw(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def percent(secret: str) -> str:
    return "".join(f"%{byte:02x}" for byte in raw(secret))


def decimal(secret: str) -> str:
    return "".join(f"&#{ord(each)};" for each in secret)


def in_json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


def mixed(secret: str) -> str:
    spell: list[Callable[[str], str]] = [quote, decimal, percent, str, in_json]
    return "".join(spell[at % 5](each) if each.isascii() else each for at, each in enumerate(secret))


def swap_hex(pattern: str, spell: Callable[[str], str]) -> Callable[[str], str]:
    """Return a spelling with its hexadecimal digits in the other case."""
    return lambda secret: re.sub(pattern, lambda found: found[0].swapcase(), spell(secret))


def to_quote(secret: str) -> str:
    return quote(raw(secret), safe="")


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "joined": lambda secret: " ".join(secret.split()),
    "line": one_line,
    "upper": str.upper,
    "lower": str.lower,
    "address": to_quote,
    "address, lower case": swap_hex("%[0-9A-F]{2}", to_quote),
    "every byte": percent,
    "address twice": lambda secret: quote(to_quote(secret)),
    "address in HTML": lambda secret: decimal(to_quote(secret)),
    "HTML in an address": lambda secret: to_quote(html.escape(secret)),
    "form": lambda secret: quote_plus(raw(secret)),
    "base64": lambda secret: base64.b64encode(raw(secret)).decode(),
    "base64url": lambda secret: base64.urlsafe_b64encode(raw(secret)).decode(),
    "base64 in an address": lambda secret: quote(base64.b64encode(raw(secret)).decode()),
    "html": html.escape,
    "html text": lambda secret: html.escape(secret, quote=False),
    "html names": lambda secret: secret.replace("&", "&AMP;").replace("/", "&sol;").replace("%", "&percnt;"),
    "html twice": lambda secret: html.escape(html.escape(secret)),
    "decimal": decimal,
    "decimal twice": lambda secret: html.escape(decimal(secret)),
    "hex": lambda secret: "".join(f"&#x{ord(each):x};" for each in secret),
    "HEX": lambda secret: "".join(f"&#X000{ord(each):X};" for each in secret),
    "json": in_json,
    "json/": lambda secret: in_json(secret).replace("/", "\\/"),
    "json, upper case": swap_hex(r"(?<=\\\\u)[0-9a-f]{4}", in_json),
    "json in json": lambda secret: in_json(in_json(secret)),
    "every character": lambda secret: "".join(
        f"\\u{ord(each):04X}" if ord(each) < 0x10000 else in_json(each) for each in secret
    ),
    "utf8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "repr": lambda secret: repr(secret)[1:-1],
    "mixed": mixed,
}
spellings = pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    return redactor


@spellings
@pytest.mark.parametrize("secret", SECRETS)
def test_every_spelling_of_a_secret_is_hidden(secret: str, spell: Callable[[str], str]) -> None:
    """However a secret is spelled on its way through a server and an error message, it is not seen."""
    assert knowing("another one", secret).hide(f"<{spell(secret)}>") == "<***>"


# Signs that begin a spelled character, and what may follow them.
SIGNS = """0123456789abcdefux%&#;\\"'<+/"""


@spellings
def test_a_secret_full_of_signs_is_hidden_whole(spell: Callable[[str], str]) -> None:
    """A secret that looks like a spelling of something else is hidden to its last character."""
    choose = random.Random(20261125)
    for secret in ("".join(choose.choices(SIGNS, k=choose.randint(8, 20))) for _ in range(150)):
        redactor = knowing(secret)
        assert redactor.hide(f"<{spell(secret)}>") == "<***>"
        assert redactor.hide(f"was:{spell(secret)}") == "was:***"
        assert redactor.hide(f"once… was:{spell(secret)}") == "once… was:***"


@spellings
@settings(max_examples=25)
@given(secret=secrets, before=foreign, after=foreign)
def test_no_secret_survives_in_any_text(spell: Callable[[str], str], secret: str, before: str, after: str) -> None:
    """Whatever stands around a spelled secret, neither it nor its spelling is left."""
    spelled = spell(secret)
    hidden = knowing(secret).hide(f"{before} {spelled} {after}")
    around = f"{before} *** {after}"
    assert spelled not in hidden or spelled in around
    assert secret not in hidden or secret in around


@given(secret=secrets, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_a_secret_within_base64_is_hidden(secret: str, before: bytes, after: bytes) -> None:
    """In Base64 a secret is hidden whatever stands before and behind it, in both alphabets."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        hidden = knowing(secret).hide(encode(before + raw(secret) + after).decode())
        assert "***" in hidden
        assert len(hidden) < 3 + 4 * (len(before) + len(after) + 8) / 3


@given(
    secret=secrets,
    sequence=st.sampled_from(["\x1b[0m", "\x1b\x1b[0m[0m", "\x1b[\x1b[\x1b[0m0m0m", "\x1b]0;x\x07", "\u200b"]),
)
def test_nothing_splits_a_secret(secret: str, sequence: str) -> None:
    """Terminal sequences, nested as they may be, and what nobody sees cannot carry a secret past the redactor."""
    assume("\x1b" not in secret)
    text = secret[:4] + sequence + secret[4:]
    assert knowing(secret).hide(f"<{text}>") == "<***>"


@pytest.mark.parametrize(
    "text", ["\u200bhunter2-hunter2\u200b", "\\x1bhunter2-hunter2\\u200b", "%E2%80%8Bhunter2-hunter2"]
)
def test_what_nobody_sees_goes_with_the_secret(text: str) -> None:
    """Invisible characters around a secret, which may be part of it, are hidden with it."""
    assert knowing("hunter2-hunter2").hide(f"<{text}>") == "<***>"


def test_sequences_nested_without_end_show_nothing() -> None:
    """What nests sequences deeper than anybody would is left out from there on."""
    deep = "\x1b" * 100 + "[0m" * 100
    assert knowing("hunter2-hunter2").hide(f"a hunter2-{deep}hunter2") == "a hunter2-"


@pytest.mark.parametrize(
    "spell", [str, to_quote, percent, decimal, in_json], ids=["plain", "address", "bytes", "html", "json"]
)
@pytest.mark.parametrize("left", [1, 2, 3, 4, 5, 6, 7])
def test_a_secret_that_was_cut_is_hidden(spell: Callable[[str], str], left: int) -> None:
    """Where a long text was cut in the middle of a secret, with a note or without, its beginning is hidden as well."""
    secret = "aB/+ ~<0123456789-tail-of-it"
    text = "The server said: " + "." * 200 + spell(secret)
    text = text[: -left * 3]
    note = " ... (7 more characters)".strip()
    for each, rest in ((text, ""), (text + note, note)):
        hidden = knowing(secret).hide(each)
        assert hidden == "The server said: " + "." * 200 + "***" + rest


@pytest.mark.parametrize("left", [4, 100, 998])
def test_a_secret_that_was_cut_is_hidden_whatever_follows(left: int) -> None:
    """The beginning of a secret in front of an ellipsis is hidden, also in the middle of a text."""
    redactor = Redactor()
    secret = "".join(chr(97 + index * 7 % 26) for index in range(1000))
    redactor.learn(secret)
    cut_off = shorten(f"Checkout {secret}", 9 + left + 1)
    assert redactor.hide(f"{cut_off}: Running {cut_off}.") == "Checkout ***…: Running Checkout ***…."
    assert redactor.hide(f"{secret[:3]}… and {secret[1:9]}…") == f"{secret[:3]}… and {secret[1:9]}…"


@pytest.mark.parametrize("longest", range(60, 72))
@pytest.mark.parametrize("template", ["\\u{:04x}", "\\x{:02X}", "%{:02X}", "%25{:02x}", "&#{:d};", "&#x{:x};"])
def test_a_cut_in_the_middle_of_a_spelled_character(template: str, longest: int) -> None:
    """What is left of a secret is hidden also where a cut has left half of an escape, whatever follows."""
    secret = "s3cr+t/Tok=en_abcDEFghijkl"
    cut_off = shorten("Model " + "".join(template.format(ord(each)) for each in secret), longest)
    assert knowing(secret).hide(f"{cut_off}: Running") == "Model ***…: Running"


def test_many_secrets_in_a_text_that_is_cut() -> None:
    """Hidden first and cut then, a text that repeats a long secret shows no piece of it."""
    secret = "0123456789abcdef" * 63
    assert cut(knowing(secret).hide(secret * 11), 1000) == "***"
    assert one_line(knowing(secret).hide(" ".join([secret] * 300)), 100)[:8] == "*** *** "


@pytest.mark.parametrize("secret", ["x", "e", "id", "exi"])
def test_what_is_too_short_is_not_hidden(secret: str) -> None:
    """A secret that stands in other words by chance garbles none of them: there is a warning instead."""
    assert knowing(secret).hide("exit code 3 of the run x") == "exit code 3 of the run x"
    assert "not hidden" in shortness(secret)


@pytest.mark.parametrize("secret", ["code", "hunter2"])
def test_a_short_secret_is_hidden_as_a_word(secret: str) -> None:
    """A short secret is hidden where it is a word of its own, and not within another."""
    assert knowing(secret).hide(f"<{secret}> {secret}s un{secret} '{secret.upper()}'") == (
        f"<***> {secret}s un{secret} '***'"
    )
    assert "word of its own" in shortness(secret)


def test_what_is_long_enough_is_not_warned_of() -> None:
    """There is a warning for each of the two limits, and none above them."""
    assert (SHORTEST_HIDDEN, SHORTEST_ANYWHERE) == (4, 8)
    assert shortness("12345678") == ""


def test_what_a_redactor_knows() -> None:
    """A secret is learned once."""
    assert knowing("hunter2").knows("hunter2")
    assert not knowing("hunter2").knows("hunter")


def test_of_two_secrets_no_piece_is_left_over() -> None:
    """Secrets that lie within each other, or overlap, are hidden whole."""
    redactor = knowing("token-one", "token-one-and-more", "more-of-it")
    assert redactor.hide("token-one-and-more token-one token-one-and-more-of-it") == "*** *** ***"


def test_without_secrets_nothing_is_hidden() -> None:
    """A redactor that knows nothing, or an empty secret, leaves text as it is."""
    assert knowing("").hide("text\x1b[0m") == "text\x1b[0m"


@given(foreign, secrets)
@example("100%", "abcdefgh")
@example("&unknown; &#99999999; \\ud83d \\", "abcdefgh")
def test_other_text_stays(text: str, secret: str) -> None:
    """A text without a secret stays as it is, but for terminal sequences."""
    assume(len(text) < 100 and not any("*" in each for each in (text, secret)))
    assume("***" not in knowing(secret).hide(text))
    assert knowing(secret).hide(text) == knowing("qqqqqqqqqqqqqqqq").hide(text)


@pytest.mark.parametrize(
    "piece", ["x", "%41", "%2541", "&amp;", "&#x41;", "\\u0041", "\x1b[0m", "\x1b", "[0m", "\\", " \t", "%25"]
)
def test_no_text_takes_long(piece: str) -> None:
    """Megabytes of what is laborious to decode do not hold the gate up: what nobody will see is left out."""
    hidden = knowing("correct horse battery staple", "x" * 16_000).hide(piece * (8_000_000 // len(piece)))
    assert len(hidden) < 100_100
