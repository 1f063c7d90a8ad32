"""Which notices are due: a pure function of what is seen now, the time, and what was said before.

A trouble is said when it has lasted for its patience, again after `again_after` while it lasts, and once when it is
over: unseen for `over_after`, so that what flutters is one trouble. In any hour at most `most_an_hour` calls are made,
a quarter of them kept for what is grave. What does not fit waits, and is told together as soon as there is room again:
nothing is lost without being counted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from bot.config.services import NotifySettings
from bot.notify.notice import Notice, Trouble, begun, over, together

HOUR_NS = 3_600_000_000_000
KEPT_MOST = 200
"""Notices that wait with their words; more are only counted."""


class Known(msgspec.Struct):
    """A trouble that was seen."""

    about: str
    key: str
    what: str
    since: int
    seen: int
    told: int = 0  # when last; 0: not yet


class Memory(msgspec.Struct):
    """What outlives the process. Times are ns UTC."""

    journal: str = ""
    run: str = ""
    """The newest run of that journal at the last look."""
    seq: int = 0
    """All rows of that journal up to this one were looked at."""
    known: dict[str, Known] = {}
    waiting: list[Notice] = []
    uncounted: int = 0
    """Notices that found no room among those that wait: only their number is told."""
    reviewed: int = 0
    """The last row of the run that the last digest was about."""
    day: int = 0
    """Up to when the last digest told: 0, where there was none."""
    called: list[tuple[int, bool]] = []
    """The calls of the last hour: when, and whether for something grave."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is seen now."""

    troubles: Sequence[Trouble]
    visible: Collection[str]
    """What would be seen if it were there: without a desk nobody knows whether its kill switch is set."""
    news: Sequence[Notice] = ()
    """What is said as it is: the day's digest."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make: for one notice that waits, or for several and all that were only counted."""

    notice: Notice
    parts: Sequence[Notice]
    uncounted: int = 0


def due(facts: Facts, now: int, memory: Memory, settings: NotifySettings) -> list[Call]:
    """The calls to make at `now`, ns UTC; `memory` takes up what is seen. Each that is made is told to `made`."""
    troubles = {one.key: one for one in facts.troubles if one.about in settings.about}
    for one in troubles.values():
        _seen(one, now, memory, settings)
    for known in [one for one in memory.known.values() if one.key not in troubles]:
        if not known.told:
            del memory.known[known.key]
        elif known.about in facts.visible and now - known.seen >= settings.over_after:
            del memory.known[known.key]
            _wait(over(known.about, known.key, known.what, known.since, known.seen), memory)
    for notice in facts.news:
        if notice.about in settings.about:
            _wait(notice, memory)
    return _calls(now, memory, settings.most_an_hour)


def made(call: Call, now: int, memory: Memory) -> None:
    """A call was made at `now`: what it told waits no more."""
    memory.called.append((now, call.notice.grave))
    memory.waiting = [one for one in memory.waiting if one not in call.parts]
    memory.uncounted -= call.uncounted


def _seen(trouble: Trouble, now: int, memory: Memory, settings: NotifySettings) -> None:
    since = min(trouble.since_ns or now, now)
    known = memory.known.setdefault(trouble.key, Known(trouble.about, trouble.key, trouble.what, since, now))
    known.seen, known.what, known.since = now, trouble.what, min(known.since, since)
    if not known.told and now - known.since >= trouble.patience_ns:
        known.told = now
        _wait(begun(trouble, known.since, now), memory)
    elif known.told and now - known.told >= settings.again_after:
        known.told = now
        _wait(begun(trouble, known.since, now, again=True), memory)


def _wait(notice: Notice, memory: Memory) -> None:
    """Queue it. What is grave takes the place of what is not, where there is no more room."""
    if len(memory.waiting) >= KEPT_MOST:
        memory.uncounted += 1
        mild = next((one for one in memory.waiting if not one.grave), None)
        if not notice.grave or mild is None:
            return
        memory.waiting.remove(mild)
    memory.waiting.append(notice)


def _calls(now: int, memory: Memory, most: int) -> list[Call]:
    """One by one while there is room, what is grave first. The call that takes the last of it tells all that waits."""
    memory.called = [(ts, grave) for ts, grave in memory.called if now - HOUR_NS < ts <= now]
    room = most - len(memory.called)
    for_mild = most - most // 4 - sum(not grave for _, grave in memory.called)
    waiting, uncounted = sorted(memory.waiting, key=lambda one: not one.grave), memory.uncounted
    calls = list[Call]()
    while waiting or uncounted:
        grave = bool(waiting) and waiting[0].grave
        left = room if grave else min(room, for_mild)
        if left <= 0:
            break
        if not waiting or (left == 1 and len(waiting) + uncounted > 1):
            calls.append(Call(together(waiting, uncounted, now), waiting, uncounted))
            break
        one = waiting.pop(0)
        calls.append(Call(one, [one]))
        room, for_mild = room - 1, for_mild - (not grave)
    return calls
