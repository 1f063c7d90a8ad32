"""A market whose truth is known: a seedable simulator of the touch, planted events with labels, the shipped demo."""
