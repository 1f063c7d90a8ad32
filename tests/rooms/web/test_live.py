"""Events come as the journal grows, in order of `seq`, none twice and none left out, also over a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.tail import after
from bot.web.live import KINDS
from tests.patience import PATIENCE_S
from tests.playing import Played
from tests.programs import ended
from tests.rooms.web.served import Served, serving

Heard = tuple[int, str]


@asynccontextmanager
async def stream(site: Served, after_seq: int | None) -> AsyncIterator[AsyncIterator[Heard]]:
    """The events of one connection: (id, kind)."""
    host, port = site.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    last = "" if after_seq is None else f"Last-Event-ID: {after_seq}\r\n"
    writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: {site.address}\r\n{last}\r\n".encode())

    async def heard() -> AsyncIterator[Heard]:
        seq, kind = -1, ""
        async for raw in reader:
            name, _, value = raw.decode().strip().partition(": ")
            if name == "id":
                seq = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                yield seq, kind

    try:
        yield heard()
    finally:
        writer.close()


async def _take(events: AsyncIterator[Heard], count: int) -> list[Heard]:
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(events) for _ in range(count)]


async def test_a_reader_that_was_away_gets_what_it_missed(tmp_path: Path, reviewed: Played) -> None:
    # given a journal, and what it holds
    with reading(place(reviewed.url)) as reader:
        every = [one.seq for one in after(reader, 0, KINDS.values(), 100_000)]
    # when it is read from its start, in two connections to two servers
    async with serving(tmp_path, "--journal", reviewed.url) as site, stream(site, 0) as events:
        first = [seq for seq, _ in (await _take(events, 101))[1:]]
    async with serving(tmp_path, "--journal", reviewed.url) as site, stream(site, first[-1]) as events:
        rest = [seq for seq, _ in (await _take(events, len(every) - 100 + 1))[1:]]
    # then every row came once, in order
    assert first + rest == every


async def test_what_is_written_reaches_a_page_that_is_open(tmp_path: Path, reviewed: Played) -> None:
    own = tmp_path / "own.db"
    own.write_bytes(Path(reviewed.url.removeprefix("sqlite:///")).read_bytes())
    async with serving(tmp_path, "--journal", own) as site, stream(site, None) as events:
        # given a page that has heard where the journal stands
        [(seq, kind)] = await _take(events, 1)
        with reading(place(str(own))) as reader:
            assert (seq, kind) == (reader.last_seq, "hello")
        # when somebody notes something in a terminal
        code, said = await ended("journal", "note", reviewed.outcome.run, "slow", "--journal", own)
        assert code == 0, said.words
        # then the page hears of that row
        assert await _take(events, 1) == [(seq + 1, "note")]


async def test_an_id_that_is_none_is_refused(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        answers = [await site.get(f"/api/v1/events?after={one}") for one in ("x", "-1", "1e3", "9" * 30)]
    assert [one.code for one in answers] == [400] * 4
