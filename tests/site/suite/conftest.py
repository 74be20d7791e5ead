"""What the tests are given: a site in the variant they ask for, its server, clients in it."""

import contextlib
import os
import pathlib
from collections.abc import Callable

import pytest

from veche_site import netns, plan
from veche_site.members import Member
from veche_site.peers import Peer
from veche_site.roots import library_that_trusts
from veche_site.servers import Coturn, Relay, Veche
from veche_site.site import Site, Variant

# Holds no certificate at all.
NOBODY = pathlib.Path(os.devnull)


@pytest.fixture(scope="session", autouse=True)
def allowed() -> None:
    reason = netns.refusal()
    if reason is not None:
        pytest.skip(f"this machine allows no network namespaces: {reason}")


class World:
    """A site, its server once it is started, and the clients that a test has placed in it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.server: Veche | Coturn | None = None
        # Ends everything in the reverse order, even if one of them complains.
        self.ends = contextlib.ExitStack()
        self.ends.callback(site.close)

    def start_server(self) -> None:
        namespace, folder, variant = self.site["server"], self.site.folder, self.site.variant
        if is_coturn():
            self.server = Coturn(namespace, folder)
        else:
            external = plan.EXTERNAL if variant.external_is_set else None
            self.server = Veche(namespace, folder, external, "[::]" if variant.ipv6 else "0.0.0.0")
        self.ends.callback(self.server.stop)

    def peer(self, name: str, kind: str = "aiortc") -> Peer:
        """A client in this namespace, who trusts the server's certificate and no other."""
        return self._place(name, self.server.root if self.server else NOBODY, kind)

    def stranger(self, name: str) -> Peer:
        """A client in this namespace, who trusts nobody."""
        return self._place(name, NOBODY)

    def members(self, *names: str) -> list[Member]:
        """Somebody with an account in each of these namespaces, whose calls LiveKit's client makes."""
        library = library_that_trusts(self.server.root, self.site.folder)
        members = [Member(self.site[name], self.server.root, library) for name in names]
        for member in members:
            self.ends.callback(member.stop)
        for member in members:
            member.sign_up()
        return members

    def relay_for(self, peer: Peer) -> Relay:
        """What this client is told about TURN."""
        return self.server.relay_for(peer)

    def counted(self, namespace: str, counter: str) -> int:
        """Packets that this firewall's counter has seen."""
        return self.site[namespace].counted(counter)

    def blocked_at(self, client: str) -> int:
        """Packets that the router of this client did not let out."""
        return self.counted(plan.HOMES[client].router, "blocked")

    def _place(self, name: str, root: pathlib.Path, kind: str = "aiortc") -> Peer:
        peer = Peer(self.site[name], root, kind)
        self.ends.callback(peer.stop)
        return peer


WORLD = pytest.StashKey[World]()


def is_coturn() -> bool:
    return os.environ.get("VECHE_SITE_SERVER") == "coturn"


@pytest.fixture
def build(tmp_path, allowed, request) -> Callable[[Variant], World]:
    """Makes a site of the asked variant without a server. All of it is gone after the test."""

    def make(variant: Variant) -> World:
        world = World(Site(tmp_path, variant))
        request.node.stash[WORLD] = world
        request.addfinalizer(world.ends.close)
        return world

    return make


@pytest.fixture
def start(build) -> Callable[[Variant], World]:
    """Makes a site of the asked variant with a running server."""

    def make(variant: Variant) -> World:
        world = build(variant)
        world.start_server()
        return world

    return make


@pytest.fixture
def only_veche() -> None:
    """For what coturn has no answer to."""
    if is_coturn():
        pytest.skip("coturn does not have this")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the log of the server below a failed test."""
    report = yield
    world = item.stash.get(WORLD, None)
    if report.failed and world and world.server:
        report.sections.append(("log of the server", world.server.log))
    return report
