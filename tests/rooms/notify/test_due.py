"""What is due: laws over days of troubles that come and go, with calls that fail."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.config.services import NotifySettings
from bot.notify.due import HOUR_NS, KEPT_MOST, Call, Facts, Memory, due, made
from bot.notify.notice import SECOND_NS, Trouble, digest

ABOUT = ("naked", "kill", "link", "disk", "calendar")
LOOK_NS = 30 * SECOND_NS
START = 1_800_000_000 * SECOND_NS


@dataclass
class Person:
    """Somebody who looks at troubles, remembers across restarts, and is told."""

    settings: NotifySettings
    memory: Memory = field(default_factory=Memory)
    told: list[tuple[int, Call]] = field(default_factory=list)
    queued: Counter[str] = field(default_factory=Counter)
    now: int = START
    every: int = LOOK_NS

    def look(self, *keys: str, works: bool = True, news: int = 0, patience_ns: int = 0) -> list[Call]:
        """One look, some time after the last one."""
        self.now += self.every
        troubles = [Trouble(_about(key), key, f"{key} is wrong", "mend it", 0, patience_ns) for key in keys]
        said = [digest(f"run-{self.now}-{at}", ["the day"], self.now) for at in range(news)]
        # a restart between any two looks changes nothing
        self.memory = msgspec.json.decode(msgspec.json.encode(self.memory), type=Memory)
        before = _pending(self.memory)
        calls = due(Facts(troubles, ABOUT, said), self.now, self.memory, self.settings)
        self.queued["all"] += _pending(self.memory) - before
        for call in calls if works else ():
            made(call, self.now, self.memory)
            self.told.append((self.now, call))
        return calls

    @property
    def heard(self) -> int:
        """How many notices reached the person, alone or counted with others."""
        return sum(len(call.parts) + call.uncounted for _, call in self.told)

    def titles(self) -> list[str]:
        return [call.notice.title for _, call in self.told]


def _about(key: str) -> Any:
    return key.partition(":")[0]


def _pending(memory: Memory) -> int:
    return len(memory.waiting) + memory.uncounted


KEYS = st.sets(st.sampled_from([f"{about}:{number}" for about in ABOUT for number in range(3)]))
Looks = list[tuple[set[str], bool, int]]
LOOKS = st.lists(st.tuples(KEYS, st.booleans(), st.integers(0, 3)), max_size=80)


@given(LOOKS, st.integers(1, 12))
def test_never_more_calls_an_hour_than_allowed_and_nothing_is_lost_without_being_counted(
    looks: Looks, most: int
) -> None:
    person = Person(NotifySettings(most_an_hour=most))
    for keys, works, news in looks:
        person.look(*keys, works=works, news=news)
    for at, _ in person.told:
        assert sum(at <= ts < at + HOUR_NS for ts, _ in person.told) <= most
    assert person.queued["all"] == person.heard + _pending(person.memory)


@given(LOOKS, KEYS, st.integers(1, 12))
def test_each_trouble_that_lasts_is_told_with_its_name(looks: Looks, lasting: set[str], most: int) -> None:
    # given any past, and troubles that last while calls arrive
    person = Person(NotifySettings(most_an_hour=most))
    for keys, works, news in looks:
        person.look(*keys, works=works, news=news)
    person.every = 300 * SECOND_NS
    for _ in range(4 * HOUR_NS // person.every):
        person.look(*lasting)
    # then each of them was told, also where several were told together
    heard = {part.key for _, call in person.told for part in call.parts if part.state in ("begun", "lasts")}
    assert heard >= lasting
    # and once all are over and some hours have passed, nothing waits
    for _ in range(4 * HOUR_NS // person.every):
        person.look()
    assert (_pending(person.memory), person.memory.known) == (0, {})


def test_a_trouble_is_told_once_again_while_it_lasts_and_once_when_it_is_over() -> None:
    person = Person(NotifySettings(again_after="60m"))
    for _ in range(150):  # an hour and a quarter
        person.look("link:1")
    for _ in range(10):
        person.look()
    assert person.titles() == ["link:1 is wrong", "still: link:1 is wrong", "over: link:1 is wrong"]


def test_what_flutters_is_one_trouble_and_what_passes_soon_is_none() -> None:
    person = Person(NotifySettings())
    for at in range(40):
        person.look(*(["link:1"] if at % 2 else []), patience_ns=0)
    person.look("disk:1", patience_ns=60 * SECOND_NS)
    for _ in range(2 * person.settings.over_after // LOOK_NS):
        person.look()
    assert person.titles() == ["link:1 is wrong", "over: link:1 is wrong"]


def test_what_nobody_can_see_is_not_over() -> None:
    # given a kill switch that was told, and then no desk that would know of it
    person = Person(NotifySettings())
    person.look("kill:1")
    for _ in range(20):
        person.now += LOOK_NS
        assert due(Facts([], ("disk",)), person.now, person.memory, person.settings) == []
    # then it is no news when the next desk stands
    assert person.look("kill:1") == []


def test_a_position_without_a_stop_finds_room_however_much_else_is_said() -> None:
    person = Person(NotifySettings(most_an_hour=4))
    person.look(*(f"link:{number}" for number in range(50)))
    assert [call.notice.state for _, call in person.told] == ["begun", "begun", "together"]
    person.look(*(f"link:{number}" for number in range(50)), "naked:1")
    assert person.titles()[-1] == "naked:1 is wrong"


def test_more_than_can_be_kept_is_counted() -> None:
    person = Person(NotifySettings(most_an_hour=1))
    many = [f"link:{number}" for number in range(KEPT_MOST + 50)]
    person.look(*many, works=False)
    person.look(*many, "naked:1")
    # then what is grave is told first, and how many there are beside it
    assert person.titles() == [f"naked:1 is wrong (and {KEPT_MOST + 50} more)"]
    assert person.heard + _pending(person.memory) == person.queued["all"]


def test_what_nobody_wants_to_hear_of_is_not_said() -> None:
    person = Person(NotifySettings(about=("kill",)))
    person.look("disk:1", "kill:1", news=1)
    assert person.titles() == ["kill:1 is wrong"]
