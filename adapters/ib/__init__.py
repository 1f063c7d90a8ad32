"""Interactive Brokers: a paper account behind TWS or IB Gateway, over ib_async's wire and our own books."""
