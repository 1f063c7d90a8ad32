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

SECRET_KEY = re.compile(r"(^|_)(password|passwd|token|secret|api_?key|private_key)$", re.IGNORECASE)
PASSWORD_IN_URL = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
HIDDEN = "…"

_ACCOUNT = re.compile(r"\b(D[UF])\d+(\d{3})\b")
_hidden: set[str] = set()


def hide(secret: str) -> str:
    """Remember a secret's text so that no line of the log shows it; returns it."""
    if secret:
        _hidden.add(secret)
    return secret


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
    """`text` without hidden secrets and passwords of URLs, and account ids shortened."""
    for secret in _hidden:
        text = text.replace(secret, HIDDEN)
    text = PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}@", text)
    return _ACCOUNT.sub(rf"\1{HIDDEN}\2", text)


def _without_keys(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if SECRET_KEY.search(key):
            event[key] = HIDDEN
    return event


def _clean(logger: object, method: str, line: Any) -> str:
    return scrub(str(line))
