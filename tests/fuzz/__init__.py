"""Files that nobody would write, in great numbers: each is taken or refused with its place, and none breaks us."""
