"""Another gateway than the shipped one, written from the published protocol alone and sharing no line with it.

It answers as a gateway may: where the protocol leaves room it has an option, and a seed draws a whole character of
them. Wall time in whole seconds, no extension of any kind, a random market of its own, paper fills.
"""
