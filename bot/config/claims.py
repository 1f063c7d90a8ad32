"""[expect] of a strategy: what its author believes, beside what arithmetic says. A false belief is refused.

Source: signal notes §10. The lesson that this project started from takes 3 ticks of ES for 25, 6 for 150, 2:1 for 6:1.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from bot.config.placing import Placing
from bot.config.strategy_file import ExpectSettings, StrategyFile
from bot.domain.instrument import Instrument, OffGrid
from bot.errors import Fault

RR_GATE = Fraction(1)
RR_ADVISED = Fraction(3, 2)


def claim_faults(spec: StrategyFile, expect: ExpectSettings, instrument: Instrument, place: Placing) -> list[Fault]:
    """Every claim that is false, with the true number."""
    return _Claims(spec, expect, instrument, place).faults()


def reward_risk_faults(path: tuple[str, ...], risk: int, reward: int, place: Placing) -> Iterator[Fault]:
    """A bracket that wins less than it risks is refused, one below 1.5 is warned about."""
    ratio = Fraction(reward, risk)
    if ratio < RR_GATE:
        message = (
            f"RR_BELOW_MIN reward:risk {reward}:{risk} = {float(ratio):.2f}, the gate lets nothing below 1.0 through"
        )
        yield place.fault(path, message, allowed=f"a target of {risk} ticks or more")
    elif ratio < RR_ADVISED:
        message = f"RR_BELOW_MIN reward:risk {reward}:{risk} = {float(ratio):.2f} is below 1.5"
        yield place.fault(path, message, level="warning", allowed=f"a target of {-(-3 * risk // 2)} ticks or more")


def ratio_text(ratio: Fraction) -> str:
    """`2`, or `1.667` where it is no whole number."""
    return str(ratio.numerator) if ratio.denominator == 1 else f"{float(ratio):.4g}"


class _Claims:
    """[expect]: what an author believes, beside what arithmetic says."""

    def __init__(self, spec: StrategyFile, expect: ExpectSettings, instrument: Instrument, place: Placing) -> None:
        self._spec, self._expect, self._instrument, self._place = spec, expect, instrument, place
        self._side = 1 if expect.side == "long" else -1
        self._off: list[Fault] = []
        self._prices = {key: self._ticks(key) for key in ("entry", "stop", "target", "bid", "ask")}

    def faults(self) -> list[Fault]:
        risk, reward = self._distance("stop", -1), self._distance("target", 1)
        spread = self._between("bid", "ask")
        faults = [
            *self._off,
            *self._sides(),
            *self._against_bracket("stop", risk),
            *self._against_bracket("target", reward),
        ]
        bracket = self._spec.bracket
        risk = bracket.stop_ticks if risk is None and isinstance(bracket.stop_ticks, int) else risk
        reward = bracket.target_ticks if reward is None and isinstance(bracket.target_ticks, int) else reward
        for code, key, true in (
            ("CLAIM_STOP_TICKS", "risk_ticks", risk),
            ("CLAIM_TARGET_TICKS", "reward_ticks", reward),
            ("CLAIM_SPREAD_TICKS", "spread_ticks", spread),
        ):
            faults += self._claim(code, key, true)
        faults += self._claim_ratio(risk, reward)
        if risk and reward and risk > 0 and reward > 0 and self._prices["target"] is not None:
            faults += reward_risk_faults(("expect", "target"), risk, reward, self._place)
        if risk and spread and 0 < risk <= spread:
            message = f"STOP_INSIDE_SPREAD a stop {risk} ticks away lies within the spread of {spread} ticks"
            faults.append(self._fault("stop", message, allowed=f"more than {spread} ticks"))
        return faults

    def _fault(self, key: str, message: str, *, allowed: str = "", do: str = "") -> Fault:
        return self._place.fault(("expect", key), message, allowed=allowed, do=do)

    def _ticks(self, key: str) -> int | None:
        price: Decimal | None = getattr(self._expect, key)
        if price is None:
            return None
        try:
            return self._instrument.to_ticks(price)
        except OffGrid as error:
            self._off.append(self._fault(key, f"OFF_TICK {error.what}", allowed=error.allowed))
            return None

    def _between(self, low: str, high: str) -> int | None:
        a, b = self._prices[low], self._prices[high]
        return None if a is None or b is None else b - a

    def _distance(self, key: str, sign: int) -> int | None:
        away = self._between("entry", key)
        return None if away is None else sign * self._side * away

    def _sides(self) -> Iterator[Fault]:
        for key, code, sign in (("stop", "STOP_WRONG_SIDE", -1), ("target", "TARGET_WRONG_SIDE", 1)):
            distance = self._distance(key, sign)
            if distance is not None and distance <= 0:
                where = "below" if sign * self._side < 0 else "above"
                entry, price = self._expect.entry, getattr(self._expect, key)
                message = (
                    f"{code} the {key} of a {self._expect.side} stands {where} its entry {entry}; {price} does not"
                )
                yield self._fault(key, message, allowed=f"a price {where} {entry}")

    def _against_bracket(self, key: str, distance: int | None) -> Iterator[Fault]:
        ticks = getattr(self._spec.bracket, f"{key}_ticks")
        entry = self._prices["entry"]
        if not isinstance(ticks, int) or distance is None or entry is None or ticks == distance or distance <= 0:
            return
        code, sign = ("CLAIM_STOP_TICKS", -1) if key == "stop" else ("CLAIM_TARGET_TICKS", 1)
        puts = self._instrument.text(entry + sign * self._side * ticks)
        price = getattr(self._expect, key)
        message = (
            f'{code} {ticks} puts the {key} at {puts}, but [expect] {key} = "{price}" is {distance} ticks from '
            f"{self._expect.entry}"
        )
        allowed = f'{key}_ticks = {distance}, or expect.{key} = "{puts}"'
        yield self._place.fault(("bracket", f"{key}_ticks"), message, allowed=allowed)

    def _claim(self, code: str, key: str, true: int | None) -> Iterator[Fault]:
        claimed = getattr(self._expect, key)
        if claimed is not None and true is not None and claimed != true:
            points = self._instrument.to_price(true)
            tick = self._instrument.tick
            message = (
                f"{code} {claimed} != {true}: {points} points of {self._instrument.product} ÷ {tick} a tick = {true}"
            )
            yield self._fault(key, message, allowed=f"{key} = {true}", do=f"write {true}, or leave the key out")

    def _claim_ratio(self, risk: int | None, reward: int | None) -> Iterator[Fault]:
        claimed = self._expect.reward_risk
        if claimed is None or risk is None or reward is None or risk <= 0:
            return
        true = Fraction(reward, risk)
        if Fraction(claimed) != true:
            text = ratio_text(true)
            message = f"CLAIM_RR {claimed} != {text}: {reward} ticks to win for {risk} ticks at risk"
            yield self._fault("reward_risk", message, allowed=f'reward_risk = "{text}"')
