"""A simulated IB gateway: the true protocol on loopback, a market from a tape, a paper account."""
