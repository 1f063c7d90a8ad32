"""What every page is made from: the journal it looks into, the desk that writes it, the templates, the keys."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.control.remarks import writing
from bot.errors import InputMissing, PaperpitError, Unreachable
from bot.journal.place import Place
from bot.journal.reading import Reader, reading
from bot.review.refused import Asking
from bot.web import words
from bot.web.guard import Keys
from bot.web.kept import Kept
from bot.web.view import View, Views

VERSION = version("paperpit")
PAGES = (
    ("/", "Today"),
    ("/round-trips", "Round trips"),
    ("/signals", "Signals"),
    ("/stats", "Statistics"),
    ("/calendar", "Calendar"),
    ("/health", "Health"),
)
"""Path and name of the pages that the head of every page leads to."""


def _templates() -> Environment:
    made = Environment(loader=PackageLoader("bot.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters.update(words.FILTERS)
    return made


@dataclass(frozen=True)
class Site:
    """One `paperpit serve`. `find` says which journal: the one that was asked for, else the one written to last."""

    find: Callable[[], Place]
    keys: Keys
    now_ns: Callable[[], int]
    token_path: str
    locked: bool = False
    """Whether reading needs the token, too."""
    asking: Asking | None = None
    """Who asks the tapes what refusals would have made."""
    reached: Callable[[Reader, Mapping[str, Any]], Mapping[str, str]] = lambda reader, facts: {}
    """Who knows what the evidence of a story's signal had to reach: name of a measure → `≥ 2.4`."""
    templates: Environment = field(default_factory=_templates)
    views: Views = field(default_factory=Views)
    kept: Kept = field(default_factory=Kept)

    @contextmanager
    def looking(self) -> Iterator[Reader]:
        """A look into the journal, as of now."""
        with reading(self.find()) as reader:
            yield reader

    def warm(self) -> None:
        """Look through the whole journal once; where that cannot be, the first page says why."""
        with suppress(PaperpitError), self.viewing():
            pass

    @contextmanager
    def viewing(self) -> Iterator[tuple[Reader, View]]:
        """The same look, and what is kept of the whole journal."""
        with self.views.looking(self.find()) as found:
            yield found

    def listed(self, request: Request, name: str, facts: Callable[[Reader, View], Mapping[str, Any]]) -> Response:
        """A page of a journal's `facts`; without a journal, or without any, the template says what makes some."""
        with ExitStack() as opened:
            try:
                reader, view = opened.enter_context(self.viewing())
            except InputMissing as error:
                return self.page(request, name, journal=error.where, known=False)
            told = facts(reader, view)
            return self.page(request, name, journal=reader.place.shown, known=bool(told), **told)

    def desk(self) -> tuple[str, dict[str, Any]] | None:
        """The desk that writes the journal and what it says of itself, None while there is none."""
        try:
            return writing(self.find())
        except Unreachable:  # it ended between the question and the answer
            return None

    def status(self) -> dict[str, Any] | None:
        """What that desk says of itself; None while there is none."""
        found = self.desk()
        return None if found is None else found[1]

    def page(self, request: Request, name: str, *, code: int = 200, **facts: Any) -> Response:
        """An HTML page from a template."""
        common: Mapping[str, Any] = {
            "path": request.url.path,
            "pages": PAGES,
            "version": VERSION,
            "now_ns": self.now_ns(),
            "unlocked": self.keys.unlocked(request.headers),
            "form_secret": self.keys.form if self.keys.unlocked(request.headers) else "",
        }
        return HTMLResponse(self.templates.get_template(name).render({**common, **facts}), code)


STATUS = {2: 400, 65: 503, 66: 404, 69: 503, 75: 409, 77: 403, 78: 503}
"""Exit code of an error → HTTP status of the page or object that says it."""


def status_of(error: PaperpitError) -> int:
    """The HTTP status that an error is answered with."""
    return STATUS.get(error.exit_code, 500)
