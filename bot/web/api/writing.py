"""What programs may write: notes and tags of rows, and commands to the desk. Every question carries the token."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import control
from bot.control.asking import asked
from bot.control.remarks import remark
from bot.errors import InputMissing, UsageError
from bot.journal import rows
from bot.journal.show import run_of
from bot.web.api.answers import JSON, ROOT
from bot.web.control_pages import CONFIRMED, body_of
from bot.web.guard import Refused
from bot.web.site import Site

Line = Annotated[str, Meta(max_length=200, pattern="^[^\\x00-\\x1f\\x7f]*$")]
Some = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00-\\x1f\\x7f]*$")]
Asked = TypeVar("Asked", bound=Struct)


class Note(Struct, forbid_unknown_fields=True):
    """Words about a row, or about a run."""

    subject: Some
    text: Annotated[str, Meta(min_length=1, max_length=10_000, pattern="^[^\\x00]*$")]


class Tags(Struct, forbid_unknown_fields=True):
    """Labels to be put on a row, or taken off it."""

    subject: Some
    tags: Annotated[list[Some], Meta(min_length=1, max_length=32)]
    remove: bool = False


class Telling(Struct, forbid_unknown_fields=True):
    """What the desk is told. To resume takes a reason; to flatten takes `confirmed`, for it cannot be taken back."""

    verb: Literal["pause", "resume", "cancel-entries", "flatten"]
    reason: Line = ""
    strategy: Line = ""
    instrument: Line = ""
    clear_kill: bool = False
    confirmed: bool = False


def _note(site: Site, given: Note) -> dict[str, Any]:
    text = given.text.strip()
    if not text:
        raise UsageError("a note has at least one letter")
    said = asked("note", subject=_subject(site, given.subject), text=text)
    remark(site.find(), said)
    return {"seq": _seq(site, rows.Note, "subject", said.subject, said.ts)}


def _tags(site: Site, given: Tags) -> dict[str, Any]:
    names = tuple(dict.fromkeys(name.strip() for name in given.tags))
    if "" in names:
        raise UsageError("a tag has at least one letter")
    said = asked("tag", subject=_subject(site, given.subject), tags=names, remove=given.remove)
    remark(site.find(), said)
    return {"seq": _seq(site, rows.Tag, "subject", said.subject, said.ts)}


def _command(site: Site, given: Telling) -> dict[str, Any]:
    if given.verb in CONFIRMED and not given.confirmed:
        raise UsageError(f"{given.verb} was not confirmed", do="confirmed: true says that it cannot be taken back")
    if given.verb == "resume" and not given.reason.strip():
        raise UsageError("resume needs a reason", do="say why, for the journal")
    if given.clear_kill and given.verb != "resume":
        raise UsageError(f"{given.verb} clears no kill switch", allowed="clear_kill with resume")
    found = site.desk()
    if found is None:
        raise InputMissing("no desk writes this journal now", do="paperpit run")
    scope = {"strategy": given.strategy.strip(), "instrument": given.instrument.strip()}
    said = asked(given.verb, reason=given.reason.strip(), clear_kill=given.clear_kill, **scope)
    told = control.tell(found[0], said)
    return {"result": str(told["result"]), "seq": _seq(site, rows.Command, "nonce", said.nonce)}


def _subject(site: Site, named: str) -> str:
    """Raises InputMissing for what is no row and no run."""
    with site.looking() as reader:
        run_of(reader, named)
    return named


def _seq(site: Site, kind: type[rows.Row], key: str, value: str, ts: int | None = None) -> int | None:
    """Where it stands in the journal: the last one of what was just written."""
    with site.looking() as reader:
        found: Sequence[Any] = reader.where(kind, key, value)
    return next((row.seq for row in reversed(found) if ts in (None, row.ts)), None)


def _taking(kind: type[Asked], write: Callable[[Site, Asked], dict[str, Any]]) -> Callable[[Request], Any]:
    """An endpoint that reads one object of that kind and writes it down."""
    read = msgspec.json.Decoder(kind).decode

    async def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        if not site.keys.bearer(request.headers):
            raise Refused(401, "this needs the token", f"Authorization: Bearer, with what lies in {site.token_path}")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Refused(415, "this is no JSON", f"content-type: {JSON}")
        try:
            given = read(await body_of(request))
        except msgspec.MsgspecError as error:
            raise UsageError(f"this cannot be read: {error}", do=f"{ROOT}/openapi.json says what can") from error
        except UnicodeDecodeError as error:
            raise UsageError("this is no UTF-8") from error
        return JSONResponse(await run_in_threadpool(write, site, given), 202)

    return endpoint


TAKEN: dict[str, type[Struct]] = {"notes": Note, "tags": Tags, "commands": Telling}
"""Address → what it takes."""
ROUTES = [
    Route(f"{ROOT}/notes", _taking(Note, _note), methods=["POST"]),
    Route(f"{ROOT}/tags", _taking(Tags, _tags), methods=["POST"]),
    Route(f"{ROOT}/commands", _taking(Telling, _command), methods=["POST"]),
]
