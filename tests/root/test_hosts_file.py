"""The real enricher with a hosts file of its own, in a mount namespace."""

import os
import sys
from pathlib import Path

import pytest
from helpers import connection, keyframe, wait_until
from helpers_processes import BIN, FakeCollector, Program, Viewer, short_directory

from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact
from connmon_shared.stage.runtime import Runtime

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]
START = 1_700_000_000.0
OURS = "93.184.216.34"


def test_names_come_from_the_hosts_file_without_an_option_and_change_with_it(
    tmp_path: Path,
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"{OURS} ours.example\n", "ascii")
    inside = f'mount --make-rprivate / && mount --bind {hosts} /etc/hosts && exec "$@"'
    with short_directory() as directory:
        runtime = Runtime(directory)
        command = (BIN / "connmon-enricher", f"--runtime-dir={directory}")
        with (
            Program("unshare", "--mount", "sh", "-c", inside, "sh", *command),
            FakeCollector(runtime) as collector,
            Viewer(runtime) as viewer,
        ):
            assert collector.joined()
            collector.send(keyframe(START, connection(1, OURS)), START)
            viewer.join()

            def name() -> tuple[str, str]:
                viewer.turn()
                fact = viewer.facts.get(parse(OURS), Fact(b""))
                return fact.name, fact.name_source

            wait_until(lambda: name() == ("ours.example", "hosts"))
            hosts.write_text(f"{OURS} another.example\n", "ascii")
            wait_until(lambda: name() == ("another.example", "hosts"))
            hosts.write_text("", "ascii")
            wait_until(lambda: name() == ("", ""))
