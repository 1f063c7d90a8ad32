"""Every mutant dies by what it names; a history that kills one finds nothing wrong with the daemon itself.

The seed that killed a mutant last is tried first; `make mutants` looks for others, and remembers them.
"""

import pytest

from tests.sim.checkers import INVARIANTS
from tests.sim.mutants import every
from tests.sim.mutants.__main__ import first_seeds
from tests.sim.mutants.hunt import CRASH, hunt
from tests.sim.mutants.mutant import Mutant

MUTANTS = every()
BUDGET = 25
"""Days, where the remembered one does not kill any more."""


def _named(mutant: Mutant) -> str:
    return mutant.number


@pytest.mark.parametrize("mutant", MUTANTS, ids=_named)
def test_a_mutant_is_killed_by_what_it_names(mutant: Mutant) -> None:
    kill = hunt(mutant, first_seeds(mutant.number))
    if not kill.killed:
        kill = hunt(mutant, range(BUDGET), aimed=True)
    assert kill.killed, f"lives after {kill.days} days: make mutants looks for another seed"
    assert kill.said.startswith(mutant.killed_by)


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.history], ids=_named)
def test_a_history_finds_nothing_wrong_with_the_daemon_itself(mutant: Mutant) -> None:
    assert mutant.history is not None
    assert mutant.history() == []


def test_all_of_them_are_here_and_name_an_invariant() -> None:
    assert [one.number for one in MUTANTS] == [f"M{number:02d}" for number in range(1, 25)]
    assert {one.killed_by for one in MUTANTS} <= {one.number for one in INVARIANTS} | {CRASH}
