"""What `dai-gate check` makes of the facts it finds: each judged ok, warn or FAIL, with the fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from gate.core.answer import Fault, FaultKind
from gate.core.duration import format_duration
from gate.core.record import record
from gate.core.verdict import TABLE, Verdict

# A certificate that ends sooner is warned of.
SOON = timedelta(days=21)
# A Date has whole seconds, and is written before the answer is sent.
LARGEST_SKEW_S = 30.0
# A token that cannot be renewed and ends sooner is warned of: the gate waits so long by default.
LONG_WAIT_S = 3600.0


class Level(StrEnum):
    """How good a finding is: `FAIL` is what keeps the gate from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@record
class Finding:
    """One line of the check: what was checked, what was found, and what to change. `denied` is about credentials."""

    level: Level
    topic: str
    text: str
    fix: str = ""
    denied: bool = False


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code of a check with these findings: 0 without a FAIL."""
    failed = [finding for finding in findings if finding.level is Level.FAIL]
    denied = any(finding.denied for finding in failed)
    return TABLE[Verdict.DENIED if denied else Verdict.UNKNOWN if failed else Verdict.PASSED].exit_code


def failure(topic: str, fault: Fault) -> Finding:
    """Return a FAIL, with a fix in any case."""
    denied = fault.kind is FaultKind.DENIED
    fix = fault.fix or _FIXES.get((topic, denied)) or "If it lasts, ask the people who run the server."
    return Finding(Level.FAIL, topic, fault.text, fix, denied=denied)


# For faults that name none of their own.
_FIXES = {
    ("name", False): "Check --url, and whether this machine's name server answers.",
    ("connection", False): "Is a firewall in between, or is a proxy needed (HTTPS_PROXY, HTTP_PROXY)?",
    ("TLS", False): "Does a TLS server listen there? If not, --url must begin with http://.",
    ("progress", True): "Is the token this server's own, has it expired, and may its account use the API?",
}


@record
class Certificate:
    """What a server showed of itself in a handshake that verified it; `ends_at` is the end of its validity."""

    version: str
    subject: str
    issuer: str
    ends_at: datetime


def judge_certificate(certificate: Certificate, now: datetime) -> Finding:
    """Judge how long a certificate is still good."""
    left = certificate.ends_at - now
    days = f"{left.days} day{'' if left.days == 1 else 's'}"
    text = (
        f"{certificate.version}, certificate of {certificate.subject}, issued by {certificate.issuer}, "
        f"good until {certificate.ends_at:%Y-%m-%d} ({days})"
    )
    if left < SOON:
        return Finding(Level.WARN, "TLS", text, "Have it renewed before it expires.")
    return Finding(Level.OK, "TLS", text)


def judge_distrust(fault: Fault | None) -> Finding:
    """Judge --insecure by what a verification, which it leaves out, would have said."""
    if fault is None:
        return Finding(Level.WARN, "TLS", "--insecure is not needed: the certificate is good.", "Remove --insecure.")
    text = f"Any certificate is trusted (--insecure). Without that: {fault.text}"
    return Finding(Level.WARN, "TLS", text, fault.fix)


@record
class Reply:
    """An answer to the harmless request about `run_id`.

    `words` are the server's, `date` its clock, between our `sent` and `came`.
    """

    run_id: str
    status: int
    is_json: bool
    words: str
    date: datetime | None
    sent: datetime
    came: datetime
    took_s: float


_ELSEWHERE = "Something other than DAI's API answers there: check --url, with the path before /api, if there is one."
# What DAI says of an unknown run is not documented: it may be no more than "Not Found".
_NOTHING_THERE = (
    "That can mean no such run, or no such path: check the path in --url. If it is right, `dai-gate check RUN_ID` with "
    "a run that exists will show it."
)


def _is_about_a_run(path: str, reply: Reply) -> bool:
    said = reply.words.lower().replace(path.lower(), "")
    words = {word.strip(".,:;!'\"()") for word in said.split()}
    return reply.run_id.lower() in said or bool(words & {"run", "runs", "object"})


def judge_reply(asked: str, reply: Reply, fault: Fault, *, is_certain: bool = False) -> Finding:
    """Judge the answer about a run that does not exist; `fault` is what a wait would make of it, were it not 200.

    `asked` is the method and the path; `is_certain` says that a run was found there.
    """
    said = f"{asked} answered {reply.status} after {format_duration(reply.took_s)}: {reply.words or 'nothing'}"
    if reply.status not in {200, 400, 404}:
        return failure("progress", replace(fault, text=f"{asked}: {fault.text}"))
    if not reply.is_json:
        if is_certain:
            return Finding(Level.WARN, "progress", said, "Of a run that does not exist yet that means lost contact.")
        fix = fault.fix if reply.status == 400 else ""
        return Finding(Level.FAIL, "progress", said, fix or _ELSEWHERE)
    if reply.status == 404 and not is_certain and not _is_about_a_run(asked.partition(" ")[2], reply):
        return Finding(Level.FAIL, "progress", said, _NOTHING_THERE)
    unclear = ", unless that 404 means no such path" if reply.status == 404 and not is_certain else ""
    text = f"{said} - so the API is there{unclear}; it was asked for a run that does not exist"
    return Finding(Level.OK, "progress", text)


def judge_clock(reply: Reply) -> Finding:
    """Judge how far the server's clock and this machine's are apart."""
    if reply.date is None:
        return Finding(Level.WARN, "clock", "The server sends no Date header, so durations of runs may be unknown.")
    early = (reply.sent - reply.date).total_seconds() - 1  # a Date is cut to whole seconds
    late = (reply.date - reply.came).total_seconds()
    skew = max(early, late, 0.0)
    if skew <= LARGEST_SKEW_S:
        return Finding(Level.OK, "clock", f"the server's clock and this machine's agree within {LARGEST_SKEW_S:g}s")
    text = f"the server's clock is {format_duration(skew)} {'ahead of' if late > early else 'behind'} this machine's"
    fix = "Correct the wrong clock: tokens and certificates seem older or newer than they are."
    return Finding(Level.WARN, "clock", text, fix)


def judge_token(kind: str, life_s: float | None, ends_at: datetime | None, now: datetime) -> Finding:
    """Judge a token: `life_s` is what its server said, `ends_at` what it says itself, if it is a JWT."""
    if life_s is not None:
        text = f"{kind}: a token that lives {format_duration(life_s)}, and is renewed after 80% of that"
        return Finding(Level.OK, "credentials", text)
    if ends_at is None:
        return Finding(Level.OK, "credentials", f"{kind}: a token of unknown lifetime")
    left = (ends_at - now).total_seconds()
    if left <= 0:
        text = f"{kind}: a token that expired {format_duration(-left)} ago"
        return Finding(Level.WARN, "credentials", text, "Get a new one, or give a client id and secret.")
    text = f"{kind}: a token that expires in {format_duration(left)}"
    if left > LONG_WAIT_S:
        return Finding(Level.OK, "credentials", text)
    fix = "A wait that lasts longer needs credentials that can be renewed, such as a client id and secret."
    return Finding(Level.WARN, "credentials", text, fix)
