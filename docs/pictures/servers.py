"""The servers of the session, on both sides, with as little configuration as they take."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pictures.network import Network
from pictures.places import PLACES

_FILES = {"100k": 100, "300k": 300, "500k": 500, "600k": 600, "2m": 2_000, "8m": 8_000}  # KiB
_TAGS = 2_500  # so many that to list them takes a moment
_PACE = 60  # KiB a second of each download

_NGINX = """
daemon off; user www-data; pid {folder}/{name}.pid;
error_log {folder}/{name}.log; worker_processes 2;
events {{ worker_connections 256; }}
http {{
    access_log off; types {{}} default_type text/plain; keepalive_timeout 20;
    client_body_temp_path {folder}/{name}.1; proxy_temp_path {folder}/{name}.2;
    fastcgi_temp_path {folder}/{name}.3; uwsgi_temp_path {folder}/{name}.4;
    scgi_temp_path {folder}/{name}.5;
    ssl_certificate {folder}/cert; ssl_certificate_key {folder}/key;
    upstream app {{ server 192.168.1.31:8080; keepalive 2; keepalive_timeout 8; }}
    server {{ {server} }}
}}
"""
_WEB = """
    listen 80; listen 443 ssl; root {folder}; limit_rate {pace}k;
    location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }}
"""
_OUTSIDE = """
    listen 80; listen [::]:443 ssl; listen 443 ssl; listen 8080; root {folder};
    limit_rate {pace}k; location = /status/ {{ rewrite ^ /100k; }}
"""
_SSHD = """
Port 22
HostKey {folder}/ssh_key
AuthorizedKeysFile {folder}/ssh_key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
Subsystem sftp internal-sftp
"""
_SSH = """
IdentityFile {folder}/ssh_key
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
"""
#: Asks for something, and forgets to hang up when the other side does.
_METRICS = """#!/bin/bash
exec 3<>/dev/tcp/metrics.example.com/80
printf 'GET /none HTTP/1.0\\r\\n\\r\\n' >&3
read -r -t 900 <> <(:)
"""

_SSHD_FOLDER = Path("/run/sshd")  # without which sshd does not start; who boots Debian has it


class Servers:
    """All servers, running."""

    def __init__(self, network: Network, folder: Path) -> None:
        self._network = network
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        _SSHD_FOLDER.mkdir(mode=0o755, exist_ok=True)
        self._write_files()
        web, outside = self._network.web, self._network.outside
        for place, command in self._commands(web, outside):
            self._running.append(
                self._network.start(place, *shlex.split(command), folder=self._folder)
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._running:
            server.terminate()
        for server in self._running:
            server.wait()

    def check(self) -> None:
        """End with an error if one of them has ended.

        Raises:
            SystemExit: it tells which.
        """
        for server in self._running:
            if server.poll() is not None:
                sys.exit(f"{server.args!r} ended with {server.returncode}")

    def _commands(self, web: str, outside: str) -> Iterator[tuple[str, str]]:
        folder = self._folder
        for place, name in ((web, "web"), (outside, "outside")):
            yield place, f"nginx -c {folder}/{name}.nginx"
            yield place, f"/usr/sbin/sshd -D -f {folder}/sshd_config"
        yield web, "redis-server --port 6379 --bind 127.0.0.1 --save ''"
        yield outside, "redis-server --port 6379 --protected-mode no --save ''"
        here = "dnsmasq -k -p 53 --conf-file=/dev/null --no-hosts --no-resolv --user=root"
        yield web, f"{here} --listen-address=127.0.0.1 --bind-interfaces -S 9.9.9.9 -c 0"
        names = " ".join(
            f"--host-record={place.name},{address}"
            for address, place in PLACES.items()
            if place.name
        )
        yield outside, f"{here} --listen-address=9.9.9.9 --bind-interfaces {names}"

    def _write_files(self) -> None:
        folder = self._folder
        for name, text in (
            ("web.nginx", _NGINX.replace("{server}", _WEB)),
            ("outside.nginx", _NGINX.replace("{server}", _OUTSIDE)),
            ("sshd_config", _SSHD),
            ("ssh_config", _SSH),
        ):
            kind = name.partition(".")[0]
            filled = text.format(folder=folder, name=kind, pace=_PACE)
            (folder / name).write_text(filled, encoding="ascii")
        for name, size in _FILES.items():
            (folder / name).write_bytes(bytes(size << 10))
        (folder / ".curlrc").write_text("insecure\nsilent\noutput=/dev/null\n", encoding="ascii")
        wget = "check_certificate = off\noutput_document = /dev/null\n"
        (folder / ".wgetrc").write_text(wget, encoding="ascii")
        (folder / ".gitconfig").write_text("[http]\nsslVerify = false\n", encoding="ascii")
        metrics = folder / "metrics"
        metrics.write_text(_METRICS, encoding="ascii")
        metrics.chmod(0o755)
        self._make("ssh-keygen -q -t ed25519 -f ssh_key -N ''")
        self._make("openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=web")
        self._make("git init -q --bare site.git")
        self._make("git -C site.git update-server-info")
        tags = (f"{at:040x}\trefs/tags/v{at}\n" for at in range(1, _TAGS))
        (folder / "site.git" / "info" / "refs").write_text("".join(tags), encoding="ascii")

    def _make(self, command: str) -> None:
        subprocess.run(shlex.split(command), cwd=self._folder, check=True, capture_output=True)
