#!/usr/bin/env python3
"""Runs the peer: Synapse from PyPI on PostgreSQL, in a folder of its own, in the foreground.

It is started and stopped exactly like Veche, so that every suite and bench can take either:
one JSON line on standard output once it answers (`{"ready":true,"http":"127.0.0.1:PORT",...}`), logs in
the folder, SIGTERM ends it cleanly. It also ends when whoever started it is gone.

Needs PostgreSQL's server programs (Debian: `postgresql`). Synapse is installed on first use into
~/.cache/veche/synapse-venv, outside the repository. Loopback only.
"""

import argparse
import glob
import json
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import time
import urllib.request

from foreground import die_with_parent, end_on_signals, folder_of, free_port, is_root

SYNAPSE = "1.163.2"
CACHE = pathlib.Path(os.environ.get("VECHE_CACHE", pathlib.Path.home() / ".cache" / "veche"))

CONFIG = """
server_name: {name}
pid_file: {dir}/homeserver.pid
public_baseurl: http://127.0.0.1:{port}/
listeners:
  - {{port: {port}, tls: false, type: http, bind_addresses: ["127.0.0.1"], resources: [{{names: [client], compress: false}}]}}
database:
  name: psycopg2
  args: {{user: synapse, dbname: synapse, host: "{socket}", cp_min: 5, cp_max: 10}}
log_config: {dir}/log.yaml
media_store_path: {dir}/media
signing_key_path: {dir}/signing.key
trusted_key_servers: []
report_stats: false
registration_shared_secret: {secret}
enable_registration: false
suppress_key_server_warning: true
max_upload_size: 50M
max_event_delay_duration: 24h
refreshable_access_token_lifetime: 5m
allow_public_rooms_without_auth: true
user_directory: {{enabled: true, search_all_users: true}}
presence: {{enabled: true}}
room_list_publication_rules: [{{action: allow}}]
experimental_features:
  msc4140_enabled: true
  msc4222_enabled: true
"""

# With the rate limits out of the way the figures are the server's own.
LOOSE = """
rc_message: {r}
rc_registration: {r}
rc_registration_token_validity: {r}
rc_login: {address: {r}, account: {r}, failed_attempts: {r}}
rc_admin_redaction: {r}
rc_joins: {local: {r}, remote: {r}}
rc_joins_per_room: {r}
rc_3pid_validation: {r}
rc_invites: {per_room: {r}, per_user: {r}, per_issuer: {r}}
rc_media_create: {r}
rc_presence: {per_user: {r}}
rc_delayed_event_mgmt: {r}
rc_room_creation: {r}
rc_reports: {r}
rc_user_directory: {r}
""".replace("{r}", "{per_second: 100000, burst_count: 100000}")

LOG = """
version: 1
formatters: {{f: {{format: '%(asctime)s %(name)s %(levelname)s %(request)s %(message)s'}}}}
handlers: {{file: {{class: logging.FileHandler, formatter: f, filename: {dir}/homeserver.log}}}}
root: {{level: WARNING, handlers: [file]}}
disable_existing_loggers: false
"""


def venv():
    """Synapse's Python, installed on first use."""
    python = CACHE / "synapse-venv" / "bin" / "python"
    if not python.exists() or subprocess.run([python, "-c", "import synapse, psycopg2"], capture_output=True).returncode:
        print("installing Synapse from PyPI", file=sys.stderr)
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", CACHE / "synapse-venv"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", f"matrix-synapse[postgres]=={SYNAPSE}"], check=True, stdout=sys.stderr
        )
    return python


class Postgres:
    """PostgreSQL on a unix socket only, with its own durability (fsync and synchronous_commit stay on)."""

    def __init__(self, folder):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        if not found:
            raise SystemExit("PostgreSQL's server is missing: apt-get install postgresql")
        self.bin, self.dir = pathlib.Path(found[-1]), folder / "pg"
        # It refuses to run as root.
        self.user = "postgres" if is_root() else None
        fresh = not (self.dir / "PG_VERSION").exists()
        self.dir.mkdir(exist_ok=True)
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chmod(folder, 0o755)
            os.chown(self.dir, account.pw_uid, account.pw_gid)
        if fresh:
            self.run("initdb", "-D", self.dir, "-U", "synapse", "-A", "trust", "-E", "UTF8", "--locale=C", stdout=subprocess.DEVNULL)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.dir,
            "shared_buffers": "512MB",
            "max_wal_size": "2GB",
            "logging_collector": "off",
        }
        args = [f"-c{k}={v}" for k, v in settings.items()]
        self.log = open(folder / "postgres.log", "ab")
        self.process = subprocess.Popen(
            self.command("postgres", "-D", self.dir, *args), stdout=self.log, stderr=self.log, preexec_fn=die_with_parent, cwd="/"
        )
        # An older postmaster.pid of a killed one is replaced by the new one itself.
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit("PostgreSQL did not start: " + (folder / "postgres.log").read_text()[-2000:])
            if self.run("pg_isready", "-q", "-h", self.dir, check=False).returncode == 0:
                break
            time.sleep(0.05)
        if fresh:
            self.run("createdb", "-h", self.dir, "-U", "synapse", "synapse")

    def command(self, program, *args):
        # setpriv and no shell between: the process we hold is PostgreSQL itself.
        prefix = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups"] if self.user else []
        return [*prefix, str(self.bin / program), *map(str, args)]

    def run(self, program, *args, check=True, **kw):
        return subprocess.run(self.command(program, *args), check=check, cwd="/", **kw)

    def pid(self):
        return int((self.dir / "postmaster.pid").read_text().split()[0])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dir", required=True, type=folder_of, help="a folder; kept when it already holds a server")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--name", default="localhost")
    p.add_argument("--secret", default="bench")
    p.add_argument("--rates", choices=["on", "off"], default="off")
    a = p.parse_args()

    # First of all, so that nothing started below outlives an interrupted start.
    die_with_parent()
    stopping = end_on_signals()

    python = venv()
    folder = a.dir
    port = a.port or free_port()
    began = time.monotonic()
    postgres = Postgres(folder)
    synapse = None
    try:
        (folder / "log.yaml").write_text(LOG.format(dir=folder))
        config = CONFIG.format(name=a.name, dir=folder, port=port, socket=postgres.dir, secret=a.secret)
        (folder / "homeserver.yaml").write_text(config + (LOOSE if a.rates == "off" else ""))
        run = [python, "-m", "synapse.app.homeserver", "-c", folder / "homeserver.yaml"]
        if not (folder / "signing.key").exists():
            subprocess.run([*run, "--generate-keys"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        # Synapse's own advice for memory, where the machine has it.
        env = dict(os.environ)
        jemalloc = next(iter(glob.glob("/usr/lib/*/libjemalloc.so.2")), None)
        if jemalloc:
            env["LD_PRELOAD"] = jemalloc
        out = open(folder / "synapse.out", "ab")
        synapse = subprocess.Popen(run, stdout=out, stderr=out, env=env, preexec_fn=die_with_parent, cwd=folder)
        base = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(base + "/_matrix/client/versions", timeout=5).read()
                break
            except OSError:
                if synapse.poll() is not None:
                    raise SystemExit("Synapse did not start: " + (folder / "synapse.out").read_text()[-3000:])
                if time.monotonic() - began > 180:
                    raise SystemExit("Synapse did not answer within 180 seconds")
                time.sleep(0.02)
        ready = {
            "ready": True,
            "http": f"127.0.0.1:{port}",
            "pids": [synapse.pid, postgres.process.pid],
            "start_ms": round((time.monotonic() - began) * 1000),
        }
        print(json.dumps(ready), flush=True)
        synapse.wait()
        if not stopping:
            raise SystemExit(f"Synapse ended by itself with {synapse.returncode}")
    finally:
        if synapse and synapse.poll() is None:
            synapse.terminate()
            try:
                synapse.wait(20)
            except subprocess.TimeoutExpired:
                synapse.kill()
        postgres.stop()


if __name__ == "__main__":
    main()
