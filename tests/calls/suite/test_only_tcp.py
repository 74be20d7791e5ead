"""A call of those whose network lets no UDP through, and no relay either: over TCP to the port of calls (ICE-TCP)."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from veche_calls.server import LIMIT_SECONDS

NAMESPACE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]


def refusal() -> str | None:
    """Why there can be no network namespace here, if the machine does not allow it."""
    try:
        trial = subprocess.run([*NAMESPACE, "nft", "list", "ruleset"], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return str(error)
    return trial.stderr.strip() if trial.returncode != 0 else None


def test_people_meet_over_tcp_where_nothing_else_comes_through() -> None:
    reason = refusal()
    if reason is not None:
        pytest.skip(f"this machine allows no network namespaces: {reason}")
    command = [*NAMESPACE, sys.executable, "-m", "veche_calls.only_tcp"]
    folder = pathlib.Path(__file__).parent.parent
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=5 * LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["paths"] == ["tcp", "tcp"], told
    # The other ways were tried and were shut, and nobody lost his connection over it.
    assert told["udp"] > 0 and told["relay"] > 0, told
    assert not any("reconnecting" in happened or "disconnected" in happened for happened in told["happened"]), told
