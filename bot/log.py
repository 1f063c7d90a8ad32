"""The log for operators: one event a line, values as keys. Facts go to the journal, never only here.

Text for a terminal, JSON otherwise, always on standard error; libraries that use `logging` come out the same way.
Secrets are taken out last, from the rendered line, so that no exception text brings one back.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO
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


def hide(secret: str) -> str:
    """Remember a secret's text so that nothing that is said shows it; returns it.

    Of a URL only its password is secret, and the parts of that: a driver that takes it for something else names a part.
    """
    if secret and "://" not in secret:
        _hidden.add(secret)
    for password in passwords_in(secret):
        parts = {password, unquote(password), *re.split(r"[/@:?#&%]", password)}
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
    """Set up structlog and `logging`, once, by the daemon or a command. `as_json` None: JSON unless on a terminal."""
    import structlog

    out = stream or sys.stderr
    render_json = not out.isatty() if as_json is None else as_json
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
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_keys, *renderers, _clean],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *first,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


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


def _clean(logger: object, method: str, line: Any) -> str:
    return scrub(str(line))
