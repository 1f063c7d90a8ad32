"""What other strategies can hear of an engine that runs already: its detectors are not made again while it reads."""

from collections.abc import Sequence

from bot.config import duration_text
from bot.errors import ConfigError
from bot.signals.engine import MultiEngine
from bot.signals.roster import Roster, Wish


def hearing(engine: MultiEngine, at: int, wishes: Sequence[Wish]) -> list[frozenset[int]]:
    """For each wish of the instrument `at` the sources of the running engine that it may hear.

    Raises ConfigError where a wish wants a detector that does not run.
    """
    mine = engine.engines[at]
    wanted = Roster(mine.instrument, wishes, mine.days)
    running = {source: index for index, source in enumerate(mine.sources)}
    keys = [(one.kind, one.timeframe_ns, one.hash) for one in wanted.listed]
    lacking = [(kind, timeframe) for kind, timeframe, digest in keys if (kind, timeframe, digest) not in running]
    # One of others whose file was changed is another detector under the same name.
    classes = {type(one) for one in mine.others}
    lacking += [keys[source][:2] for detector, source, _ in wanted.extras if type(detector) not in classes]
    if lacking:
        named = dict.fromkeys(
            f"{kind} {duration_text(timeframe)}" if timeframe else kind for kind, timeframe in lacking
        )
        raise ConfigError(f"{mine.instrument.product} needs detectors that do not run now: {', '.join(named)}")
    first = sum(len(other.sources) for other in engine.engines[:at])
    return [frozenset(first + running[keys[source]] for source in heard) for heard in wanted.heard]
