"""The API described for programs: OpenAPI 3.1, made from the schemas of the lists and of what is taken.

Source: OpenAPI Specification 3.1.1, whose schemas are JSON Schema 2020-12, as ours are.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.journal.figure_shapes import BLOCKED_STATS, CALIBRATION, STATS
from bot.journal.paging import MOST
from bot.journal.shapes import LISTS, SINGLE, Schema
from bot.review.stats import BY
from bot.web.api.answers import JSON, ROOT, answer
from bot.web.api.reading import AFTER, DRAWN, FEW, LEFT_OUT, REFUSED_BY, UNTOLD
from bot.web.api.writing import TAKEN
from bot.web.asked import LONG, Query

TEXT: Schema = {"type": "string", "maxLength": LONG}
"""An empty one asks for nothing."""
PARAMETERS: dict[str, tuple[str, Schema]] = {
    "run": ("A run's id, `last` or `all`.", TEXT),
    "adapter": ("Only runs of this adapter.", TEXT),
    "account": ("Only runs of this account.", TEXT),
    "strategy": ("Only this strategy.", TEXT),
    "instrument": ("Only this product (ES) or contract (ESZ2026).", TEXT),
    "since": ("From this time on: 2026-09-16, 2026-09-16T09:30 (New York), or ns UTC.", TEXT),
    "until": ("Before this time.", TEXT),
    "day": ("One exchange session: `today`, `yesterday` or a date.", TEXT),
    "after": (f"Only what stands after this; the answer's `{AFTER}` goes on.", {"type": "integer", "minimum": 0}),
    "limit": ("Objects of one answer.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": FEW}),
    "by": (f"With commas between them: of round trips {', '.join(BY)}; of refusals {', '.join(REFUSED_BY)}.", TEXT),
    "level": ("Of the intervals.", {"type": "number", "minimum": 0.5, "maximum": 0.999, "default": 0.95}),
    "draws": ("Of sessions.", {"type": "integer", "minimum": 100, "maximum": 20_000, "default": 2_000}),
    "seed": ("Of the draws.", {"type": "integer", "minimum": 0, "maximum": 2**31, "default": 1}),
    "kind": ("Only this kind of event, for example `cpi` or `fomc`.", TEXT),
}
FIGURES = {"stats": STATS, "calibration": CALIBRATION, "refused": BLOCKED_STATS}
FILTERS = ("run", "adapter", "account", "strategy", "instrument", "since", "until", "day")
ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "object", "properties": {key: {"type": "string"} for key in
                                                              ("what", "where", "allowed", "do")}}},
    "required": ["error"],
}  # fmt: skip
WHY = {
    "400": "What is asked for cannot be meant.",
    "401": "It needs the token.",
    "403": "Another site asks for this.",
    "404": "It is not there.",
    "409": "A process owns the journal that is no desk.",
    "413": "It is too long.",
    "415": "It is no JSON.",
    "421": "This server is not known by that name.",
    "503": "The journal or the desk cannot be reached, or is of another version.",
}


@lru_cache(maxsize=1)
def document() -> Schema:
    """The whole description."""
    paths = {f"{ROOT}/{name}": _get(f"The list `{name}`, oldest first.", name, (*FILTERS, "after", "limit"), [AFTER])
             for name in LISTS}  # fmt: skip
    paths[f"{ROOT}/round-trips/{{id}}"] = _get("The story of one round trip.", "story", (), path=["id"])
    paths[f"{ROOT}/stats"] = _get(
        "Figures with their intervals; without a run or an adapter, of live paper runs only.",
        "stats",
        (*FILTERS, "by", *DRAWN),
        [LEFT_OUT],
    )
    paths[f"{ROOT}/calibration"] = _get(
        "Whether what models say of the chance of winning comes true, of round trips that they let pass.",
        "calibration",
        (*FILTERS, *DRAWN),
        [LEFT_OUT],
    )
    paths[f"{ROOT}/refused"] = _get(
        "What the rules of the newest run, or of up to 20 chosen ones, cost or saved; their tapes are read for it.",
        "refused",
        (*FILTERS, "by", *DRAWN),
        [UNTOLD],
    )
    paths[f"{ROOT}/calendar"] = _get(
        "Events and their blackouts.", "calendar", ("kind", "instrument", "since", "until")
    )
    paths[f"{ROOT}/status"] = _get("What the desk says of itself.", "status", ())
    paths[f"{ROOT}/health"] = _get("Link, modes, journal, room to the limits.", "health", ())
    taken, parts = msgspec.json.schema_components(list(TAKEN.values()), ref_template="#/components/schemas/{name}")
    for (name, kind), body in zip(TAKEN.items(), taken, strict=True):
        paths[f"{ROOT}/{name}"] = _post(str(kind.__doc__), body)
    return {
        "openapi": "3.1.0",
        "info": {"title": "paperpit", "version": version("paperpit"), "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": {**LISTS, **SINGLE, **FIGURES, "error": ERROR, **parts},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_DESCRIPTION = (
    "The journal of a paper-trading desk. Prices and money are decimal text, times int64 nanoseconds UTC. Lists go on "
    f"by `after`: `Link` names the next part when there is one, `{AFTER}` says where to ask again for what is to come."
)


def _get(
    summary: str, schema: str, query: Iterable[str], headers: Sequence[str] = (), path: Sequence[str] = ()
) -> Schema:
    named = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in path]
    asked = [
        {"name": name, "in": "query", "description": PARAMETERS[name][0], "schema": PARAMETERS[name][1]}
        for name in query
    ]
    said = {name: {"schema": {"type": "string"}} for name in ("etag", *headers)}
    answers: Schema = {"200": {"description": "As asked.", "headers": said, "content": _content(schema)}}
    answers["304"] = {"description": "Nothing else than at the last time."}
    return {
        "get": {
            "summary": summary,
            "parameters": [*named, *asked],
            "responses": {**answers, **_faults(("400", "404", "421", "503"))},
        }
    }


def _post(summary: str, body: Schema) -> Schema:
    said: Schema = {
        "type": "object",
        "properties": {"seq": {"type": ["integer", "null"]}, "result": {"type": "string"}},
        "required": ["seq"],
    }
    return {
        "post": {
            "summary": summary,
            "security": [{"token": []}],
            "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
            "responses": {
                "202": {"description": "Written, and where it stands.", "content": {JSON: {"schema": said}}},
                **_faults(WHY),
            },
        }
    }


def _faults(codes: Iterable[str]) -> Schema:
    return {code: {"description": WHY[code], "content": _content("error")} for code in codes}


def _content(schema: str) -> Schema:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def page(request: Request) -> Response:
    """The description."""
    Query.of(request, ())
    return answer(request, document())


ROUTES = [Route(f"{ROOT}/openapi.json", page)]
