"""Plain values without input or output: instruments, ticks, events, orders, decisions."""
