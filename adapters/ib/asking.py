"""Questions to a gateway: each with its end marker and its deadline. Silence is `Unavailable`, never an empty list.

The protocol gives most questions no number, so that two of one kind at once could not be told apart: they wait for each
other here, and an answer that comes after its deadline is not taken for the next one's. One that is long in coming may
have been lost: the question is sent once more beside the first, and the answer that comes first is taken; its age
counts from the first sending.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from bot.domain.order import Known, Unavailable, UnavailableReason

DEADLINE_S = 8.0
AGAIN_S = 3.0
"""A question without an answer is sent once more after so long: a position may stand bare meanwhile."""
Answer = Known[tuple[Any, ...]] | Unavailable


class Asking:
    """What has been asked on one connection and not been answered."""

    def __init__(self, connection: int, now_ns: Callable[[], int]) -> None:
        self._connection, self._now_ns = connection, now_ns
        self._open: dict[Hashable, tuple[list[Any], asyncio.Future[Unavailable | None]]] = {}
        self._sent: Counter[Hashable] = Counter()
        self._turns: dict[Hashable, asyncio.Lock] = {}
        self._owed: Counter[Hashable] = Counter()
        self._cut = ""

    async def ask(self, key: Hashable, send: Callable[[], None], deadline_s: float = DEADLINE_S) -> Answer:
        """Send, then gather what is `heard` under `key` until it has `ended`; Unavailable when that does not come."""
        async with self._turns.setdefault(key, asyncio.Lock()):
            if self._cut:
                return Unavailable("link_down", self._cut, (str(key),))
            asked, items = self._now_ns(), list[Any]()
            end: asyncio.Future[Unavailable | None] = asyncio.get_running_loop().create_future()
            self._open[key] = items, end
            try:
                async with asyncio.timeout(deadline_s):
                    failure = await self._end(key, send, end)
            except TimeoutError:
                if end.done() and not end.cancelled():  # it came in time, and we were too busy to hear it
                    failure = end.result()
                    return failure or Known(tuple(items), asked, self._now_ns(), self._connection)
                self._owed[key] += self._sent[key]
                return Unavailable(
                    "timeout", f"no answer to the question for {_named(key)} within {deadline_s:g} s", (str(key),)
                )
            except ConnectionError as error:
                return Unavailable("link_down", str(error), (str(key),))
            finally:
                del self._open[key], self._sent[key]
            return failure or Known(tuple(items), asked, self._now_ns(), self._connection)

    async def _end(
        self, key: Hashable, send: Callable[[], None], end: asyncio.Future[Unavailable | None]
    ) -> Unavailable | None:
        """Send, and once more while nothing ends it."""
        self._sent[key] = 1
        send()
        await asyncio.wait({end}, timeout=AGAIN_S)
        if not end.done():
            self._sent[key] = 2
            send()
        return await end

    def heard(self, key: Hashable, item: Any) -> bool:
        """A part of an answer; False when nobody asked."""
        question = self._open.get(key)
        if question is None:
            return False
        question[0].append(item)
        return True

    def ended(self, key: Hashable) -> bool:
        """The end marker of an answer; False when nobody asked."""
        if self._owed[key]:
            # The end of an answer that was given up: what came before it belongs to that one.
            self._owed[key] -= 1
            if key in self._open:
                self._open[key][0].clear()
            return True
        question = self._open.get(key)
        if question is not None and not question[1].done():
            self._owed[key] += self._sent[key] - 1
        return self._settle(key, None)

    def failed(self, key: Hashable, reason: UnavailableReason, detail: str) -> bool:
        """The gateway refused a question; False when nobody asked."""
        return self._settle(key, Unavailable(reason, detail, (str(key),)))

    def refused(self, number: int, reason: UnavailableReason, detail: str) -> bool:
        """The gateway refused the question of that number; False when nobody asked it."""
        asked = next((key for key in self._open if isinstance(key, tuple) and key[-1] == number), None)
        return asked is not None and self.failed(asked, reason, detail)

    def cut(self, why: str) -> None:
        """The connection is gone: nothing that is open will be answered."""
        self._cut = why
        for key in list(self._open):
            self.failed(key, "link_down", why)

    def _settle(self, key: Hashable, failure: Unavailable | None) -> bool:
        question = self._open.get(key)
        if question is None:
            return False
        if not question[1].done():
            question[1].set_result(failure)
        return True


def _named(key: Hashable) -> str:
    """A question as people call it."""
    return str(key[0] if isinstance(key, tuple) else key)
