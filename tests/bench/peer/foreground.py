"""What the peers' scripts share: a peer is one command in the foreground that is started and stopped like Veche.

It prints one JSON line on standard output once it answers, keeps logs in its folder, ends cleanly on SIGTERM, and ends too
when whoever started it is gone. Loopback only.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_on_signals():
    """SIGTERM and SIGINT raise SystemExit where the script is. Returns a list that is no longer empty then."""
    stopping = []
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stopping.append(1) or sys.exit(0))
    return stopping


def is_root():
    return os.getuid() == 0


def free_port(kinds=(socket.SOCK_STREAM,)):
    """A port of loopback that is free for all of these kinds of sockets."""
    while True:
        with socket.socket(socket.AF_INET, kinds[0]) as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                for kind in kinds[1:]:
                    with socket.socket(socket.AF_INET, kind) as other:
                        other.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def program(name):
    """Debian keeps servers where a user's path does not always lead."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return found or sys.exit(f"{name} is missing")


def certificate(folder):
    """A certificate as Veche's own: ECDSA P-256, for localhost. Returns the files of chain and key."""
    chain, key = folder / "certificate.pem", folder / "key.pem"
    if not (chain.exists() and key.exists()):
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"]
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "397"]
        subprocess.run([*make, *subject, "-keyout", key, "-out", chain], check=True, stderr=subprocess.DEVNULL)
    return chain, key


def run(name, command, folder, answers, ready):
    """Runs a server that is one process tree. `answers` says whether it does yet; `ready` is what the ready line adds."""
    die_with_parent()
    stopping = end_on_signals()
    began = time.monotonic()
    log = folder / f"{name}.out"
    out = open(log, "ab")
    server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    try:
        while not answers():
            if server.poll() is not None:
                raise SystemExit(f"{name} did not start: " + log.read_text()[-2000:])
            if time.monotonic() - began > 60:
                raise SystemExit(f"{name} did not answer within 60 seconds")
            time.sleep(0.02)
        start_ms = round((time.monotonic() - began) * 1000)
        print(json.dumps({"ready": True, **ready, "pids": [server.pid], "start_ms": start_ms}), flush=True)
        server.wait()
        if not stopping:
            raise SystemExit(f"{name} ended by itself with {server.returncode}")
    finally:
        if server.poll() is None:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def folder_of(path):
    folder = pathlib.Path(path).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
