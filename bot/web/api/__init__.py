"""The journal and the desk for programs, under `/api/v1`: the objects of `--json`, a part at a time.

GET  /runs /round-trips /fills /orders /signals /blocked    lists, oldest first, by `after` and `limit`
GET  /round-trips/ID /stats /calibration /refused /calendar /status /health
POST /notes /tags /commands                                 with the token
GET  /openapi.json                                          all of it, described
"""

from starlette.routing import Route

from bot.web.api import openapi, reading, writing

ROUTES: list[Route] = [*reading.ROUTES, *writing.ROUTES, *openapi.ROUTES]

__all__ = ["ROUTES"]
