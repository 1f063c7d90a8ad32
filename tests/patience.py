"""How long a test waits for what must come before it fails: long, for a busy machine is no fault of ours."""

PATIENCE_S = 180.0
