"""A server of files for the tests of `connmon geo update`, with the faults of real ones."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self


class FileServer:
    """Serves what is in `files` on loopback.

    Attributes:
        files: contents by name.
        ranges: whether parts are served; else always the whole file.
        cut: after so many bytes of an answer the connection ends, if not None.
        status: the only answer, if not 0.
        asked: name and Range of each request.
    """

    def __init__(self, **files: bytes) -> None:
        self.files = files
        self.ranges = True
        self.cut: int | None = None
        self.status = 0
        self.asked: list[tuple[str, str | None]] = []
        handler = type("Handler", (_Handler,), {"server_of_files": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/free"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_of_files: ClassVar[FileServer]

    def do_GET(self) -> None:
        server, asked = self.server_of_files, self.headers.get("Range")
        name = self.path.removeprefix("/free/")
        server.asked.append((name, asked))
        content = server.files.get(name)
        if server.status or content is None:
            self.send_error(server.status or 404)
            return
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        if begin >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[begin:][: server.cut])

    def log_message(self, *_: object) -> None:
        """Say nothing."""
