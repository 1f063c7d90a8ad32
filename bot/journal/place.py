"""Where a journal is: a SQLite file or a PostgreSQL database, named by a URL, a path, or `URL#RUN`."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UsageError
from bot.log import hide, without_secrets
from bot.resources import data_folder

POSTGRES = re.compile(r"^postgres(?:ql)?(?:\+psycopg)?://")


@dataclass(frozen=True, slots=True)
class Place:
    """One journal's place. `path` is the SQLite file, None for PostgreSQL; `url` is what the driver connects to."""

    url: str
    path: Path | None

    @property
    def shown(self) -> str:
        """The place as a person may see it: without a password."""
        return str(self.path) if self.path else without_secrets(self.url)

    @property
    def uri(self) -> str:
        """A SQLite file's name for a driver that shall only read it."""
        assert self.path is not None
        return f"file:{_quoted(self.path)}?mode=ro"

    @property
    def sqlalchemy_url(self) -> str:
        """The same for SQLAlchemy, which wants the driver's name; a SQLite file is opened read-only."""
        if self.path:
            return f"sqlite:///{self.uri}&uri=true"
        return self.url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def lock(self) -> Path:
        """The file whose lock says who owns a SQLite journal."""
        assert self.path is not None
        return self.path.with_name(self.path.name + ".lock")

    @property
    def folder(self) -> Path:
        """The folder of this machine where what belongs to the journal is kept beside it."""
        return self.path.parent if self.path else data_folder()

    @property
    def reserve(self) -> Path:
        """The file that a SQLite journal gives up when its disk is full."""
        assert self.path is not None
        return self.path.with_name(self.path.name + ".reserve")


def place(url: str) -> Place:
    """The place that a URL or a plain path names; its password is shown by nobody. Raises UsageError for any other."""
    if "://" in url:
        hide(url)
    if POSTGRES.match(url):
        try:
            urlsplit(url).port  # noqa: B018 - asked for what it raises
        except ValueError as error:
            raise UsageError(
                f"{without_secrets(url)} is not a journal: {without_secrets(str(error))}",
                allowed="postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
                do="write / @ : ? # in a password as %2F %40 %3A %3F %23",
            ) from None
        return Place(POSTGRES.sub("postgresql://", url), None)
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
    elif "://" in url or not url:
        path = ""
    else:
        path = url
    if not path or path.startswith(":memory:"):
        raise UsageError(
            f"{without_secrets(url)!r} is not a journal",
            allowed="sqlite:///PATH, a plain path, or postgresql://USER@HOST/DATABASE",
        )
    return Place(f"sqlite:///{path}", Path(path))


def split_run(url: str) -> tuple[str, str | None]:
    """`URL#RUN` as (URL, RUN); RUN is None where there is no `#`."""
    base, _, run = url.partition("#")
    return base, run or None


def names_a_place(text: str) -> bool:
    """Whether a text is a journal (URL, `URL#RUN` or a path) and not the id of a run."""
    return bool(re.search(r"://|#|/|\.", text))


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.absolute()))
