"""Print every connection that comes (+) or changes, and that goes (-), on all watched hosts."""

import zmq

from connmon_shared import codec, sockets, wire
from connmon_shared.endpoints import text_of
from connmon_shared.messages import Delta
from connmon_shared.stage import runtime

stream = sockets.subscriber(zmq.Context(), wire.EVERYTHING)
stream.connect(runtime.Runtime(runtime.default_directory()).view)
rows: dict[tuple[str, int], tuple[object, ...]] = {}
for header, body in map(wire.split, iter(stream.recv_multipart, None)):  # for ever
    delta = codec.decode(header.kind, body) if header.kind == "delta" else None
    for row in delta.changed if isinstance(delta, Delta) else ():
        rows[header.host, row.id] = row.process, row.pid, text_of(row.remote), row.remote_port
        print("+", header.host, *rows[header.host, row.id])
    for number in delta.gone if isinstance(delta, Delta) else ():
        print("-", header.host, *rows.pop((header.host, number), (number,)))
