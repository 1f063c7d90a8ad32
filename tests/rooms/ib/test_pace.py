"""Three lanes in front of one socket: what protects never waits for what does not, and what waits is known."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.pace import DATA_RATE, ROOM, TOTAL, Lane, Pace, Sending


class Hours:
    """An event loop's clock and alarm, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.alarms: list[Alarm] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> "Alarm":
        self.alarms.append(Alarm(when, callback))
        return self.alarms[-1]

    def pass_by(self, seconds: float) -> None:
        until = self.now + seconds
        while due := sorted((a for a in self.alarms if not a.off and a.when <= until), key=lambda alarm: alarm.when):
            due[0].off = True
            self.now = max(self.now, due[0].when)
            due[0].callback()
        self.now = until


class Alarm:
    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when, self.callback, self.off = when, callback, False

    def cancel(self) -> None:
        self.off = True


class Desk:
    """A pace with a record of what left when."""

    def __init__(self) -> None:
        self.hours = Hours()
        self.left: list[tuple[float, bytes]] = []
        self.pace = Pace(lambda payload: self.left.append((self.hours.now, payload)), self.hours)

    def send(self, lane: Lane, messages: int = 1, payload: bytes = b"x") -> Sending:
        return self.pace.send(lane, payload, messages)


def test_t17_an_order_does_not_wait_behind_sixty_requests():
    desk = Desk()
    requests = [desk.send(Lane.DATA) for _ in range(60)]
    bracket = desk.send(Lane.TRADE, 3)
    assert bracket.sent
    assert sum(one.sent for one in requests) == DATA_RATE
    desk.hours.pass_by(3.0)
    assert all(one.sent for one in requests)


def test_a9_what_protects_has_room_that_entries_cannot_use_up():
    desk = Desk()
    entries = [desk.send(Lane.TRADE, 3) for _ in range(40)]
    sent = sum(one.sent for one in entries) * 3
    assert ROOM[Lane.TRADE] - 3 < sent <= ROOM[Lane.TRADE]
    stops = [desk.send(Lane.PROTECT) for _ in range(TOTAL - ROOM[Lane.TRADE])]
    assert all(stop.sent for stop in stops)


def test_t18_what_was_not_sent_is_known_when_the_line_is_cut():
    desk = Desk()
    entries = [desk.send(Lane.TRADE, 3, bytes([i])) for i in range(13)]
    desk.pace.close()
    desk.hours.pass_by(5.0)
    assert [one.sent for one in entries] == [True] * 11 + [False] * 2
    assert desk.pace.waiting == tuple(entries[11:])
    assert not desk.send(Lane.PROTECT).sent


def test_code_100_stops_all_but_what_protects_for_a_second_and_halves_the_data():
    desk = Desk()
    desk.pace.complained()
    data, entry, stop = desk.send(Lane.DATA), desk.send(Lane.TRADE), desk.send(Lane.PROTECT)
    assert (data.sent, entry.sent, stop.sent) == (False, False, True)
    desk.hours.pass_by(0.9)
    assert not entry.sent
    desk.hours.pass_by(0.2)
    assert (data.sent, entry.sent) == (True, True)
    assert desk.pace.data_rate == DATA_RATE // 2


def test_a_protective_message_wakes_before_the_pause_of_others_ends():
    desk = Desk()
    for _ in range(TOTAL):
        desk.send(Lane.PROTECT)
    desk.hours.pass_by(0.5)
    desk.pace.complained()
    entry, stop = desk.send(Lane.TRADE), desk.send(Lane.PROTECT)
    desk.hours.pass_by(0.6)
    assert (entry.sent, stop.sent) == (False, True)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(list(Lane)), st.integers(1, 3)),
            st.floats(0.0, 0.7),
            st.just("100"),
        ),
        max_size=150,
    )
)
def test_no_second_has_too_many_and_each_lane_keeps_its_order(story: list[object]):
    desk, sent = Desk(), []
    for step in story:
        if isinstance(step, tuple):
            sent.append(desk.send(*step, payload=bytes([len(sent), step[0], step[1]])))
        elif isinstance(step, float):
            desk.hours.pass_by(step)
        else:
            desk.pace.complained()
    desk.hours.pass_by(400.0)
    assert all(one.sent for one in sent), "nothing waits for ever"
    for lane in Lane:
        assert [p for _, p in desk.left if p[1] == lane] == [one.payload for one in sent if one.lane is lane]
    for begun, _ in desk.left:
        second = [p for at, p in desk.left if begun <= at < begun + 0.999]
        assert sum(p[2] for p in second) <= TOTAL
        assert sum(p[2] for p in second if p[1] == Lane.DATA) <= DATA_RATE
