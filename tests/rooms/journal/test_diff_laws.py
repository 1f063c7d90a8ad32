"""Whatever two runs were told: the diff of a run with itself is empty, it has no sides, and no cause is invented."""

import json
from collections import Counter
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.command import Command
from bot.domain.decision import Blocked, Reason
from bot.journal.diff import differences
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.journal.build import Told, Wall, writer

RULES = ("spread", "position", "link", "pause", "blackout", "roll", "hours", "daily_loss")
SECONDS = st.integers(0, 6).map(lambda at: at * 300)
SAID = st.one_of(
    st.tuples(st.just("signal"), SECONDS, st.sampled_from(("sweep", "absorption"))),
    st.tuples(st.just("refused"), SECONDS, st.sets(st.sampled_from(RULES), min_size=1, max_size=2)),
    st.tuples(st.just("traded"), SECONDS, st.integers(0, 3)),
    st.tuples(st.just("command"), SECONDS, st.sampled_from(("pause", "resume", "flatten"))),
)
RUN = st.fixed_dictionaries(
    {
        "said": st.lists(SAID, max_size=4).map(lambda said: sorted(said, key=lambda one: one[1])),
        "fill_model": st.sampled_from(("queue", "touch")),
        "calendar": st.sampled_from(("none 1", "shipped 2")),
        "warm": st.sampled_from(("", "abc")),
        "rows": st.sampled_from((360, 361)),
        "limit": st.sampled_from((1, 2)),
    }
)
ADAPTERS = st.sampled_from((("replay", "replay"), ("ib", "replay"), ("synthetic", "replay")))

Made = dict[str, Any]


def say(told: Told, said: Sequence[tuple[str, int, Any]]) -> None:
    for number, (what, at, how) in enumerate(said):
        if what == "signal":
            told.signal(at, kind=how)
        elif what == "refused":
            signal = told.signal(at)
            reasons = tuple(Reason(rule, f"because of {rule}", {}) for rule in sorted(how))
            told.journal.decision(told.journal.next_id(), Blocked(told.proposal(signal), signal.known, reasons))
        elif what == "traded":
            bracket = told.bracket(at)
            if how:
                told.fill(bracket.entry, at + how, 16802)
                told.fill(bracket.target, at + 60, 16808)
        else:
            told.journal.command(Command(how, f"{told.journal.run}-n{number}", told.at(at), "why"), "done")


def run(url: str, name: str, adapter: str, made: Made) -> None:
    config = {"bot.toml": f"[risk]\nmax_open_brackets = {made['limit']}\n"}
    account = f"REPLAY-{name}" if adapter == "replay" else name
    facts = {key: made[key] for key in ("fill_model", "calendar", "warm")}
    wall = Wall(start=10**18 + len(name))
    with writer(url, run=name, wall=wall, adapter=adapter, account=account, config=config, **facts) as journal:
        say(Told(journal), made["said"])
        journal.finish({"rows": made["rows"]})


@given(ADAPTERS, RUN, RUN)
@settings(max_examples=25, deadline=None)
def test_a_diff_is_empty_with_itself_without_sides_and_sound(adapters: tuple[str, str], one: Made, other: Made) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/journal.db"
        for name, adapter, made in (("a", adapters[0], one), ("aa", adapters[1], one), ("bb", adapters[1], other)):
            run(url, name, adapter, made)
        with reading(place(url)) as reader:
            a, again, b = reader.runs
            assert differences(reader, a, reader, a) == []
            assert differences(reader, a, reader, again) == []
            found, back = differences(reader, a, reader, b), differences(reader, b, reader, a)
    json.dumps(found)
    assert Counter(row["kind"] for row in found) == Counter(row["kind"] for row in back)
    # what follows from something stands behind what it follows from, or shares its moment
    causes = Counter(row["kind"] for row in found if "follows" not in row)
    assert all(row["kind"] in causes for row in found if "follows" in row)
    assert not found or "follows" not in found[0]
