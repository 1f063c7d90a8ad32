"""Two of the markets of `make null`: nothing is found, and what is printed of them adds up."""

from tests.evidence.null import FIRST_SEED, Found, nothing, said


def test_nothing_is_found_where_nothing_is() -> None:
    found = nothing(FIRST_SEED)
    assert not found.edge
    assert not found.above
    assert found.entries > 40
    assert found.words.startswith(("nothing is shown", "loses after costs"))


def test_the_rates_are_counted() -> None:
    some = [Found(1, True, 0.01, True, False, 50, ""), Found(2, False, 0.1, False, False, 60, "")]
    head, edges, above, five, twenty = said(some)
    assert "seeds 1 to 2" in head
    assert "110 entries" in head
    assert [line.split(" of 2")[0].split()[-1] for line in (edges, above, five, twenty)] == ["1", "1", "1", "2"]
