"""The median of a short list, sorted by insertion: small enough to compile in no time."""

from bot.domain.market import Ticks
from bot.kernel import part


@part
def median(values: Ticks, n: int, ranked: Ticks) -> float:
    """The median of the first `n` values; 0 without any. `ranked` is scratch of at least that length."""
    if n == 0:
        return 0.0
    for k in range(n):
        x = values[k]
        j = k
        while j > 0 and ranked[j - 1] > x:
            ranked[j] = ranked[j - 1]
            j -= 1
        ranked[j] = x
    return 0.5 * float(ranked[(n - 1) // 2] + ranked[n // 2])
