"""Records to bytes and back: the wire and disk format of hosts, and the framing of a durable log.

Never here: sockets, files, or a decision taken from what was decoded.
"""
