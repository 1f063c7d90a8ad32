"""The gateway's clock against ours."""

from adapters.ib.link import Link
from adapters.ib.recovery import passed
from bot.clock import TapeClock
from bot.domain.order import Known, Unavailable

_STEPS = 20  # questions for the time until its second must have stepped
_SECOND_NS = 1_000_000_000
_VAGUE_NS = 700_000_000


async def clock_offset(link: Link) -> int | None:
    """Theirs minus ours, ns, None when they did not answer: whole seconds are all that is told, so ask until they step.

    What is told lies between two questions; when that is too long ago (we were busy), the next step has to do.
    """
    before = (0, 0)
    for _ in range(_STEPS):
        answer = await link.current_time(link.waits.heartbeat_answer)
        if not isinstance(answer, Known):
            return None
        second, asked = before
        if second and answer.value[0] == second + 1 and answer.answered_ns - asked < _VAGUE_NS:
            return int(answer.value[0] * _SECOND_NS - (asked + answer.answered_ns) // 2)
        before = (answer.value[0], answer.asked_ns)
        if await passed(link.lost, link.waits.clock_step):
            return None
    return None


async def tell_tape_time(link: Link) -> Unavailable | None:
    """Let a tape's clock stand where the gateway says that the tape does; why not, when it did not say."""
    if not isinstance(link.clock, TapeClock):
        return None
    answer = await link.current_time()
    if isinstance(answer, Unavailable):
        return answer
    link.clock.advance_to(int(answer.value[0]) * _SECOND_NS)
    return None
