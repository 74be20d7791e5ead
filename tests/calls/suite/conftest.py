"""A server for each test."""

import os
import pathlib
import sys
from collections.abc import Iterator

import pytest

from veche_calls.server import Server


STATUS = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[STATUS] = exitstatus


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The threads of LiveKit's library now and then abort the process if the interpreter is taken apart below them, and its
    status would be theirs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash.get(STATUS, pytest.ExitCode.INTERNAL_ERROR))


@pytest.fixture
def server(tmp_path: pathlib.Path) -> Iterator[Server]:
    it = Server(tmp_path)
    yield it
    it.stop()
