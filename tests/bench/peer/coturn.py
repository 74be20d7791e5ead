#!/usr/bin/env python3
"""Runs the peer of the relay: coturn from Debian, in a folder of its own, in the foreground.

Its settings are those of Debian except for what makes it do the same work as Veche, and no more: it listens and relays on
loopback, has credentials made from a shared secret, and speaks neither DTLS nor RFC 5780. Neither quotas nor rates are set.
"""

import argparse
import os
import socket

import foreground

CONFIG = """
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={turn}
tls-listening-port={tls}
allow-loopback-peers
use-auth-secret
static-auth-secret={secret}
realm=turn
cert={chain}
pkey={key}
no-dtls
no-rfc5780
no-cli
userdb={dir}/turndb
pidfile={dir}/turnserver.pid
log-file={dir}/turnserver.log
simple-log
{threads}
"""


def answers(port):
    """Whether a STUN binding request is answered."""
    request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + os.urandom(12)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        try:
            s.connect(("127.0.0.1", port))
            s.send(request)
            return s.recv(1500)[8:20] == request[8:20]
        except OSError:
            return False


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dir", required=True, type=foreground.folder_of, help="a folder; kept when it already holds a server")
    p.add_argument("--secret", default="bench")
    p.add_argument("--relay-threads", type=int, help="coturn's own choice, the number of processors, unless given")
    a = p.parse_args()

    both = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    turn, tls = foreground.free_port(both), foreground.free_port(both)
    chain, key = foreground.certificate(a.dir)
    threads = "" if a.relay_threads is None else f"relay-threads={a.relay_threads}"
    config = CONFIG.format(turn=turn, tls=tls, secret=a.secret, chain=chain, key=key, dir=a.dir, threads=threads)
    (a.dir / "turnserver.conf").write_text(config)
    command = [foreground.program("turnserver"), "-c", a.dir / "turnserver.conf"]
    ready = {"turn": f"127.0.0.1:{turn}", "turn_tls": f"127.0.0.1:{tls}"}
    foreground.run("coturn", command, a.dir, lambda: answers(turn), ready)


if __name__ == "__main__":
    main()
