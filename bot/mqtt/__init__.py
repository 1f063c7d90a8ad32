"""The desk's news on a message broker (MQTT 5), and what is told to it there.

    connection.py  one connection, made anew whenever it breaks
    topics.py      the names under which everything is said
    state.py       what holds now: retained, and the newest only
    signing.py     what a command is signed with, and what exactly is signed
    judging.py     whether what came in is a command
    seen.py        the commands of the last day, so that none is done twice
    commands.py    from what came in to its answer
    asking.py      the other end: a command is sent and its answer waited for
    discovery.py   the desk as a device of Home Assistant
    events.py      what happened: the journal's rows as messages
    schemas.py     JSON Schema of every message
    reached.py     how far it has been told
    telling.py     the journal told in order, at least once
    serving.py     who says what, from the first word to `offline`

It is the only room that imports aiomqtt, and it is imported only where the settings name a broker.
"""

from bot.mqtt.serving import Desk, serve

__all__ = ["Desk", "serve"]
