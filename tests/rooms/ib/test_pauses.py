"""When IB is away on purpose, or wants us to be quiet: the desk is told, and until when."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from adapters.ib.broker import IbBroker
from adapters.ib.link import Link
from adapters.ib.params import Params
from adapters.ib.pauses import next_window
from bot.domain.order import LinkReport, PauseReport
from tests.gateways import gateway
from tests.rooms.ib.desk import Desk
from tests.rooms.ib.test_faults import PATIENT, fault_of, traded
from tests.tapes import ns

NIGHT = ("00:15-01:45",)


def told(found: tuple[int, int] | None) -> tuple[int, int]:
    assert found is not None
    return found


def test_the_window_at_hand_or_the_next_one() -> None:
    open_, closes = ns("2026-05-27 00:15"), ns("2026-05-27 01:45")
    assert next_window(NIGHT, ns("2026-05-26 12:00")) == (open_, closes)
    assert next_window(NIGHT, open_) == next_window(NIGHT, closes - 1) == (open_, closes)
    assert told(next_window(NIGHT, closes))[0] == ns("2026-05-28 00:15")
    assert next_window((), open_) is None


def test_a_window_may_cross_midnight() -> None:
    late = ("23:45-00:45",)
    assert next_window(late, ns("2026-05-27 00:30")) == (ns("2026-05-26 23:45"), ns("2026-05-27 00:45"))
    assert told(next_window(late, ns("2026-05-27 00:45")))[0] == ns("2026-05-27 23:45")


def test_a_window_goes_by_the_times_of_day_through_a_change_of_the_clocks() -> None:
    # given the night in which 02:00 becomes 03:00, and the one in which 02:00 becomes 01:00
    hour = 3_600_000_000_000
    for day, length in (("2026-03-08", 2), ("2026-11-01", 4)):
        begins, ends = told(next_window(("00:30-03:30",), ns(f"{day} 00:10")))
        assert (ends - begins) // hour == length


@pytest.mark.parametrize("text", ["", "00:15", "00:15-00:15", "25:00-01:00", "00:15 - 01:45"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="00:15-01:45"):
        Params(maintenance=(text,))


async def test_a_complaint_of_our_pace_closes_entries_for_a_minute() -> None:
    async with gateway(silent=True) as far, traded(far) as near:
        fault_of(far, "pacing", "once")
        await near.link.current_time(0.5)
        await near.until(lambda: near.of(PauseReport))
        (one,) = near.of(PauseReport)
        assert (one.what, one.until_ns - one.ts) == ("pacing", 60_000_000_000)
        assert "100" in one.why


async def test_a_planned_absence_is_announced_as_it_begins() -> None:
    async with gateway(silent=True) as far:
        link = Link(Params(port=far.port, maintenance=("00:00-12:00", "12:00-00:00")), PATIENT)
        await link.open()
        broker = IbBroker(link, [], [])
        await broker.connect()
        near = Desk(broker, link)
        await near.until(lambda: near.of(PauseReport))
        await broker.close()
        (one,) = near.of(PauseReport)
        assert (one.what, one.ts < one.until_ns) == ("maintenance", True)
        assert one.why.endswith("New York; what is held stays under its stop")


async def test_a_client_id_that_stays_in_use_is_told_of_again_with_what_to_do() -> None:
    async with gateway(silent=True) as far, traded(far) as near:
        near.link.waits = replace(near.link.waits, held_alarm=0.1)
        fault_of(far, "id-held", "1")
        fault_of(far, "drop")
        await near.until(lambda: any("min now: end the other program" in one.code for one in near.of(LinkReport)))
        await near.until(lambda: near.broker.link == "up")
        near.foreign = 0
