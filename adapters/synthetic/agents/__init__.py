"""Who trades in the synthetic market: one idea a file."""
