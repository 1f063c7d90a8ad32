"""The log for operators: one event a line, values as keys. Facts go to the journal, never only here.

Text for a terminal, JSON otherwise, always on standard error; libraries that use `logging` come out the same way.
Secrets are taken out last, from the rendered line, so that no exception text brings one back.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast
from urllib.parse import unquote

_NAMES = "password|passwd|token|secret|api_?key|private_key"
SECRET_KEY = re.compile(rf"(^|_)({_NAMES})$", re.IGNORECASE)
HIDDEN = "…"

# All of it up to the next blank or quote: a password may hold a slash or an `@` that nobody has quoted.
_URL = re.compile(r"(?<=://)[^\s\"'<>]+")
_IN_QUERY = re.compile(r"([?&](?:\w*password|passwd|token|secret|api_?key)=)([^&#\s]+)", re.IGNORECASE)
_ROW = re.compile(rf"^(\s*[\w.\"'-]*(?:{_NAMES})[\"']?\s*=).*$", re.IGNORECASE | re.MULTILINE)
_SHORTEST = 4
"""Parts of a password that are shorter are in every word."""
_ACCOUNT = re.compile(r"\b(D[UF])\d+(\d{3})\b")
_hidden: set[str] = set()

EVENTS = {
    "start": "a run is opened: adapter, contracts, from when",
    "compiling": "the detectors are compiled, which the first start waits for",
    "cut-off": "an earlier run of this journal has no end",
    "note": "what was found or done beside: contracts, tapes, recordings, copies, old rows",
    "warm": "which memory the detectors start with",
    "idle": "a strategy is not asked in this run, and why",
    "recovered": "what an earlier run left, and what became of it",
    "ready": "the desk stands and the market has spoken",
    "beat": "once a minute: the touch, counts so far, and how often each rule has refused since the last one",
    "mode": "the desk's mode changed; every cause of it",
    "link": "the link to the broker changed",
    "feed": "what an instrument's data is worth changed",
    "calendar": "the event calendar was renewed, or could not be",
    "house": "the desk closed entries by itself: it stood still, a clock jumped, the broker pauses it",
    "written": "the journal cannot be written, or can again",
    "command": "what a person said before the run began, and what came of it",
    "reload": "settings were read again, or refused",
    "model": "a strategy has no model yet, and is refused everything",
    "recording": "ticks are not recorded any more",
    "memory": "what the detectors remember could not be saved",
    "strategy": "a strategy failed and is asked no more",
    "waiting": "the next session's run cannot be opened; it is tried again every minute",
    "session": "the session is over, and when the next one opens",
    "stop": "it was stopped in order",
    "end": "a run has ended: what it saw and did",
    "heart": "the loop stands still, and where",
    "journal": "rows of an earlier run were written late, or wait in memory alone",
    "beside": "something that stands beside the desk failed and is started again",
    "ib": "the IB gateway said something, or does not answer",
    "mqtt": "the message broker came or went; a command was refused",
    "notify": "nobody could be called, or what was said cannot be kept",
    "metrics": "metrics could not be told",
    "gateway": "what the simulated gateway sees",
    "web": "a page could not be made",
    "library": "a library's warning; `logger` names it",
}
"""Every event and what it means. One that a part of ours logs by `paperpit.PART` is named after the part."""
_structured = False


def hide(secret: str) -> str:
    """Remember a secret's text so that nothing that is said shows it; returns it.

    Of a URL only its password is secret, and the parts of that: a driver that takes it for something else names a part.
    """
    if secret and "://" not in secret:
        _hidden.add(secret)
    for password in passwords_in(secret):
        forms = (password, unquote(password))
        parts = {*forms, *(part for form in forms for part in re.split(r"[/@:?#&%]", form))}
        _hidden.update(part for part in parts if len(part) >= _SHORTEST)
    return secret


def passwords_in(text: str) -> list[str]:
    """The password of every URL in a text."""
    found = []
    for url in _URL.findall(text):
        user, at, _ = url.rpartition("@")
        found += [user.partition(":")[2]] if at and ":" in user else []
        found += [value for _, value in _IN_QUERY.findall(url)]
    return [password for password in found if password]


def without_secrets(text: str) -> str:
    """`text` as a person may see it: without hidden secrets and passwords of URLs."""
    for secret in sorted({*_hidden, *passwords_in(text)}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def without_secret_rows(text: str) -> str:
    """Rows of a settings file as a person may see them, also where they cannot be read."""
    return without_secrets(_ROW.sub(rf"\1 {HIDDEN}", text))


def configure(*, level: str = "info", as_json: bool | None = None, stream: TextIO | None = None) -> None:
    """Set up structlog and `logging`, once, by the daemon or a command. `as_json` None: JSON unless on a terminal.

    `level` is ours; of libraries warnings are told.
    """
    import structlog

    global _structured
    out = stream or sys.stderr
    _structured = render_json = not out.isatty() if as_json is None else as_json
    first: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if render_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=out.isatty() and not os.environ.get("NO_COLOR"),
                # The default would print local variables, and with them whatever they hold.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    handler = logging.StreamHandler(stream) if stream is not None else _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, _by_part] if render_json else first,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_keys, *renderers, _clean],
        )
    )
    logging.basicConfig(handlers=[handler], level="WARNING", force=True)
    logging.getLogger("paperpit").setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *first,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def structured() -> bool:
    """Whether what happens is told as JSON, for programs."""
    return _structured


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is just then: a line that changes puts itself in its place while it stands."""

    def emit(self, record: logging.LogRecord) -> None:
        """As the handler does."""
        self.stream = sys.stderr
        super().emit(record)


def scrub(text: str) -> str:
    """`text` without secrets, and account ids shortened."""
    return _ACCOUNT.sub(rf"\1{HIDDEN}\2", without_secrets(text))


def kept(bug: BaseException) -> str:
    """Write down a bug of ours, without secrets, where a person can send it from; the file's path."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="paperpit-bug-", suffix=".txt", delete=False) as report:
        report.write(without_secrets("".join(traceback.format_exception(bug))))
    return report.name


def _without_keys(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if SECRET_KEY.search(key):
            event[key] = HIDDEN
    return event


def _by_part(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a part of ours says by `logging` is an event of the part's name, with its words as a value."""
    name = cast("logging.LogRecord", event["_record"]).name
    part = name.split(".")[1] if name.startswith("paperpit.") else "library"
    event["text"], event["event"] = event["event"], part
    if part == "library":
        event["logger"] = name
    return event


def _clean(logger: object, method: str, line: Any) -> str:
    return scrub(str(line))
