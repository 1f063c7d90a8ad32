"""A trading day in a second: the real desk, gate, orders and journal between a simulated exchange, wire and disk.

    loop.py       time that passes at once; who is ready goes in an order drawn by the seed
    plan.py       what goes wrong, drawn by the seed, as a list that can be kept and made smaller
    script.py     what the market does: prices and signals, whatever goes wrong
    exchange.py   the truth: orders, groups, executions, positions
    wire.py       what lies between: delays, losses, cuts
    broker.py     the adapter of one run of the daemon, over that wire
    market.py     its ticks and its signals
    disk.py       the journal's file, which fills up and fails
    people.py     what people do at the broker and say to the desk
    process.py    one run of the daemon
    world.py      one day: starts and restarts of the daemon, faults, the healing, the end

`python -m tests.sim DAYS=1000` plays days; `make sim` does the same.
"""
