"""Why was there no trade at 10:14? Two clicks from any page, answered as the command line answers."""

import html

import pytest

from bot.journal.place import place
from bot.journal.reading import reading
from bot.review.moment import moment
from bot.review.when import Asked
from tests.playing import Played
from tests.rooms.web.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")
ABSURD = ("at=x", "at=25:99", "at=10:14&day=9999-01-01", "at=9999-12-31T23:59", "at=0001-01-01T00:00", "when=10:14")


async def test_a_moment_is_answered_as_in_the_terminal(reviewed: Played, site: Served) -> None:
    with reading(place(reviewed.url)) as reader:
        facts = moment(reader, reader.runs, Asked("10:14", "2026-11-10", "ES"))
    page = await site.get("/moment?at=10:14&day=2026-11-10&instrument=ES")
    empty, signals = await site.get("/moment"), await site.get("/signals")
    unknown = await site.get("/moment?at=10:14&instrument=NOTHING")
    absurd = {query: (await site.get(f"/moment?{query}")).code for query in ABSURD}
    text = html.unescape(page.text)
    assert all(sentence.removeprefix("- ") in text for sentence in facts["answer"])
    assert f'href="/signals/{facts["last_signal"]["id"]}"' in text
    # the question can be asked from the page of the signals, too
    assert all('action="/moment"' in one.text and one.code == 200 for one in (empty, signals))
    assert unknown.code == 404
    assert absurd == dict.fromkeys(ABSURD, 400)
