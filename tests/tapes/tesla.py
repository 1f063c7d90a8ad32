"""Tesla at 145.00, told as the lesson tells it: touched twice, run by seven ticks, taken back."""

from tests.tapes import SECOND, Tape


class Tesla(Tape):
    """Prints at the touch that stands where they are, one tick wide."""

    def __init__(self, start: str = "2026-05-27 10:00") -> None:
        super().__init__("TSLA", "0.01", start)

    def trades(self, ticks: int, sold: int, bought: int = 0) -> "Tesla":
        """`sold` shares at the bid `ticks`, then `bought` at the same price when it has become the ask."""
        price = f"{ticks / 100:.2f}"
        if sold:
            self.quote(price, f"{(ticks + 1) / 100:.2f}", 300, 300).sold(sold, price)
        if bought:
            self.quote(f"{(ticks - 1) / 100:.2f}", price, 300, 300).bought(bought, price)
        return self

    def calm(self, seconds: int, ticks: int) -> "Tesla":
        """Every second ten shares are sold, and bought a tick above."""
        for _ in range(seconds):
            self.trades(ticks, 10).trades(ticks + 1, 0, 10)
            self.now += SECOND - 4_000_000
        return self

    def slide(self, top: int, bottom: int) -> "Tesla":
        """A tick every second and a quarter downwards; what a level takes before it breaks varies."""
        for price in range(top, bottom - 1, -1):
            self.trades(price, 120 + price * 37 % 160).trades(price + 1, 0, 30)
            self.now += SECOND * 5 // 4
        return self

    def climb(self, bottom: int, top: int) -> "Tesla":
        """The same upwards."""
        for price in range(bottom, top + 1):
            self.trades(price, 0, 120 + price * 53 % 160)
            self.now += SECOND * 5 // 4
        return self


def tesla(lowest: int = 14493, size: int = 23, back_s: float = 18.0, *, halt: bool = False) -> tuple[Tesla, int]:
    """145.00 is touched twice and then run; the tape, and when the first print below it came."""
    told = Tesla().calm(300, 14506)
    for _ in range(2):
        told.calm(60, 14501).calm(120, 14506)
    told.calm(15, 14503).trades(14502, 10).trades(14500, 10)
    told.now += SECOND // 2
    t0 = told.now + 1_000_000
    for price in range(14499, lowest - 1, -1):
        told.trades(price, size)
        told.now += SECOND // 4 - 2_000_000
    if halt:
        told.halt().resume()
    while told.now < t0 + int(back_s * SECOND) - 2 * SECOND:
        told.trades(lowest + 1, 5, 5)
        told.now += SECOND
    told.now = t0 + int(back_s * SECOND) - 1_000_000
    told.trades(14500, 0, 20)
    return told, t0


def absorbed(
    *, lowest: int = 14493, size: int = 230, taken: int = 900, back_s: float = 18.0, trend: bool = False
) -> tuple[Tesla, int]:
    """The same on a day that has shown what its levels take, with sellers absorbed at the low: the tape, and t0.

    Much is traded at 145.45, then price swings below it for ten minutes; with a `trend` it falls for half an hour
    before and does not swing. `size` shares run each level below 145.00; at `lowest` so many a second as `taken` are
    sold for six seconds, and none gets lower; it is taken back `back_s` seconds after the first print below 145.00.
    """
    told = Tesla("2026-05-27 09:46")
    if trend:
        told.slide(16250, 14546)
    for _ in range(60):
        told.trades(14545, 300).trades(14546, 0, 300)
        told.now += SECOND // 2
    told.slide(14544, 14506)
    for _ in range(0 if trend else 10):
        told.climb(14507, 14531).slide(14531, 14506)
    for _ in range(2):
        told.calm(20, 14501).calm(40, 14506)
    told.calm(15, 14503).trades(14502, 100).trades(14500, 100)
    told.now += SECOND // 2
    t0 = told.now + 1_000_000
    for price in range(14499, lowest - 1, -1):
        told.trades(price, size)
        told.now += SECOND // 4 - 2_000_000
    for _ in range(24 if taken else 0):
        told.trades(lowest, taken // 4)
        told.now += SECOND // 4
    while told.now < t0 + int(back_s * SECOND) - 3 * SECOND:
        told.trades(lowest + 2, 10, 10)
        told.now += SECOND
    told.now = max(told.now, t0 + int(back_s * SECOND) - 2 * SECOND)
    for price in range(lowest + 3, 14500):
        told.trades(price, 0, 60)
        told.now += 2 * SECOND // (14500 - lowest)
    told.now = max(told.now, t0 + int(back_s * SECOND) - 1_000_000)
    return told.trades(14500, 0, 200), t0


def went_up(told: Tesla) -> Tesla:
    """It holds for five seconds, then goes up to 145.48 within five minutes."""
    told.calm(5, 14501)
    for price in range(14502, 14549):
        told.trades(price, 20, 60)
        told.now += 6 * SECOND
    return told.calm(60, 14548)
