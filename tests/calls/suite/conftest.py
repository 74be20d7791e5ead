"""A server for each test."""

import pathlib
from collections.abc import Iterator

import pytest

from veche_calls.server import Server


@pytest.fixture
def server(tmp_path: pathlib.Path) -> Iterator[Server]:
    it = Server(tmp_path)
    yield it
    it.stop()
