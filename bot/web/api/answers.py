"""How the API answers: JSON with a tag, so that whoever asks again for the same gets nothing twice."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

ROOT = "/api/v1"
JSON = "application/json"


def answer(request: Request, said: Any, headers: Mapping[str, str] | None = None) -> Response:
    """What is `said` as JSON; 304 without it when the one who asks has just that already."""
    body = msgspec.json.encode(said)
    # Weak: what is compressed on its way is the same answer in other bytes.
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    told = {**(headers or {}), "etag": tag, "cache-control": "private, no-cache"}
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=told)
    return Response(body, media_type=JSON, headers=told)
