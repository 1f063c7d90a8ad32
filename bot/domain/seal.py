"""The stamp of approval. Only `bot.risk.gate` may put it on; an import contract and a check at run time see to it."""

SEAL: object = object()
