"""How much alike the aggressors of successive prints are: the deflator of "number of prints" in a significance test.

Definition
    D = 1 + 2·Σₖ max(0, acfₖ), k = 1…50, of trade signs (+1 buyer, −1 seller) over about the last 20,000 prints, clamped
    to [1, 20]. Signs are kept as bits, 64 to a word; a word's agreement with its own past is counted once, when it is
    full, so that a print costs a few operations and the window moves by whole words. Not known before the window is
    full.
Source
    Specification of signals §3.1. Prints of one stamp, price and side are one order (ruling 9) and one sign.
"""

import numpy as np

from bot.kernel import Row, hot, part

LAGS = 50
WORDS = 313  # 313 · 64 = 20,032 signs
DEFLATOR_MAX = 20.0

STATE = np.dtype(
    [
        ("word", "u8"),  # the newest sign is bit 0
        ("previous", "u8"),
        ("bits", "i8"),
        ("words", "i8"),
        ("buys", "i8"),
        ("word_buys", "i8", (WORDS,)),
        ("agree", "i8", (LAGS,)),
        ("word_agree", "u1", (WORDS, LAGS)),
    ],
    align=True,
)

_M1 = np.uint64(0x5555555555555555)
_M2 = np.uint64(0x3333333333333333)
_M4 = np.uint64(0x0F0F0F0F0F0F0F0F)
_H01 = np.uint64(0x0101010101010101)
_ONE, _TWO, _FOUR, _TOP = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)


@part
def ones(word: np.uint64) -> np.int64:
    """How many bits of a word are set."""
    word = word - ((word >> _ONE) & _M1)
    word = (word & _M2) + ((word >> _TWO) & _M2)
    word = (word + (word >> _FOUR)) & _M4
    return np.int64((word * _H01) >> _TOP)


@hot
def push(s: Row, side: int) -> None:
    """Take the aggressor of one order."""
    s.word = (s.word << _ONE) | np.uint64(1 if side > 0 else 0)
    s.bits += 1
    if s.bits < 64:
        return
    slot = s.words % WORDS
    s.buys += ones(s.word) - s.word_buys[slot]
    s.word_buys[slot] = ones(s.word)
    for k in range(LAGS):
        lagged = (s.word >> np.uint64(k + 1)) | (s.previous << np.uint64(63 - k))
        agree = ones(~(s.word ^ lagged))
        s.agree[k] += agree - s.word_agree[slot, k]
        s.word_agree[slot, k] = agree
    s.previous, s.word, s.bits = s.word, np.uint64(0), 0
    s.words += 1


@part
def deflator(s: Row) -> float:
    """D, or 0 while the window is not full."""
    if s.words < WORDS:
        return 0.0
    count = WORDS * 64.0
    mean = 2.0 * s.buys / count - 1.0
    spread = 1.0 - mean * mean
    total = 1.0
    for k in range(LAGS):
        acf = (2.0 * s.agree[k] / count - 1.0 - mean * mean) / spread if spread > 0.0 else 1.0
        total += 2.0 * max(0.0, acf)
    return min(DEFLATOR_MAX, total)
