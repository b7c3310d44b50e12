"""One file by HTTP into a partial one, which a later download goes on with."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple, cast
from urllib.parse import urlsplit

from connmon_shared import __version__

Progress = Callable[[int, int], None]  # bytes that are there, and of how many (0: not known)
_AGENT = f"connmon/{__version__}"
_SILENCE_SECONDS = 30.0  # until a server counts as gone
_BLOCK_BYTES = 1 << 16
_MAX_BYTES = 1 << 30  # a hundred times what DB-IP's files have
_NOT_FOUND, _PARTIAL, _BAD_RANGE = 404, 206, 416  # RFC 9110 section 15
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class DownloadError(Exception):
    """The file cannot be had; the text says why."""


class MissingError(DownloadError):
    """The server does not have it."""


class _Answer(NamedTuple):
    begin: int  # of what comes, in the file
    size: int  # of the whole file, 0 if that is not known


def download(url: str, partial: Path, progress: Progress) -> None:
    """Fetch what is missing of the file at `url` into `partial`.

    Raises:
        MissingError: there is no such file.
        DownloadError: it cannot be had, or not whole: then `partial` holds what came.
        OSError: `partial` cannot be written.
    """
    have = partial.stat().st_size if partial.exists() else 0
    try:
        response = _open(url, have)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _BAD_RANGE and have:
            partial.unlink()  # as long as the server's, or longer: start anew
            download(url, partial, progress)
            return
        kind = MissingError if error.code == _NOT_FOUND else DownloadError
        raise kind(f"{url}: {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise DownloadError(f"{url}: {_reason(error.reason)}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DownloadError(f"{url}: {_reason(error)}") from error
    with response:
        _receive(response, partial, have, progress)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to no place that is less safe."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - as urllib has it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise DownloadError(f"{req.full_url} leads to {newurl}, which is not encrypted")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, have: int) -> http.client.HTTPResponse:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise DownloadError(f"{url}: only http and https are spoken")
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - looked at above
    opener = urllib.request.build_opener(_Redirects)
    return cast("http.client.HTTPResponse", opener.open(request, timeout=_SILENCE_SECONDS))


def _receive(
    response: http.client.HTTPResponse, partial: Path, have: int, progress: Progress
) -> None:
    answer = _read_head(response)
    done = answer.begin
    if done not in {0, have}:
        raise DownloadError(f"{response.url}: a part that was not asked for")
    with partial.open("ab") as out:
        out.truncate(done)
        progress(done, answer.size)
        while block := _block(response):
            out.write(block)
            done += len(block)
            if done > _MAX_BYTES:
                raise DownloadError(f"{response.url}: more than {_MAX_BYTES} bytes")
            progress(done, answer.size)
    if done < answer.size:
        raise DownloadError(f"{response.url}: cut off after {done} of {answer.size} bytes")


def _read_head(response: http.client.HTTPResponse) -> _Answer:
    if response.status == _PARTIAL:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None:
            raise DownloadError(f"{response.url}: a part of the file, but not which")
        return _Answer(int(found[1]), int(found[2]) if found[2] != "*" else 0)
    return _Answer(0, response.length or 0)


def _block(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_BLOCK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f"{response.url}: {_reason(error)}") from error


def _reason(error: object) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
