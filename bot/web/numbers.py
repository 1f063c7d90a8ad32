"""For programs that watch: `/metrics` as at the desk's own port, `/healthz` and `/readyz` of this server.

The desk is asked over its socket and the journal is read, so that the two ports tell the same. Reading needs no token.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import PaperpitError
from bot.metrics import CONTENT_TYPE, Exposition
from bot.web.site import Site


def metrics(request: Request) -> Response:
    """What Prometheus reads; `paperpit_up` is 0 while no desk writes the journal."""
    site: Site = request.app.state.site
    exposition: Exposition = request.app.state.exposition
    exposition.see(site.status())
    return Response(exposition.text(), media_type=CONTENT_TYPE)


def healthy(request: Request) -> Response:
    """This process moves: it has answered."""
    return JSONResponse({"healthy": True, "reasons": []})


def ready(request: Request) -> Response:
    """Whether the journal can be read; if not, 503 and why."""
    site: Site = request.app.state.site
    try:
        with site.looking() as reader:
            facts: Mapping[str, object] = {"ready": True, "reasons": [], "journal": reader.place.shown}
    except PaperpitError as error:
        return JSONResponse({"ready": False, "reasons": [error.what], "do": error.do}, 503)
    return JSONResponse(facts)


ROUTES = [Route("/metrics", metrics), Route("/healthz", healthy), Route("/readyz", ready)]
