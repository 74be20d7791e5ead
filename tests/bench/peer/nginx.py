#!/usr/bin/env python3
"""Runs the peer of HTTPS: nginx from Debian, in a folder of its own, in the foreground.

It answers one path with the bytes of a file that it keeps open: those that Veche answers there. It writes an access log, as
Debian's does and as Veche does; its limits of connections are lifted as far as the loads go.
"""

import argparse
import socket
import urllib.request

import foreground

PATH = "_matrix/client/versions"

CONFIG = """
daemon off;
worker_processes auto;
worker_rlimit_nofile 16384;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
{user}
events {{ worker_connections 8192; multi_accept on; }}
http {{
    default_type application/json;
    access_log {dir}/access.log;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    open_file_cache max=16;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl http2 backlog=1024;
        server_name localhost;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        root {dir}/www;
    }}
}}
"""


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dir", required=True, type=foreground.folder_of, help="a folder; kept when it already holds a server")
    p.add_argument("--like", help="HOST:PORT of the Veche whose answer is given here too; else it is 1,000 bytes")
    a = p.parse_args()

    port = foreground.free_port()
    chain, key = foreground.certificate(a.dir)
    answer = b'"' + b"x" * 998 + b'"'
    if a.like:
        answer = urllib.request.urlopen(f"http://{a.like}/{PATH}", timeout=10).read()
    file = a.dir / "www" / PATH
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(answer)
    # A folder of root's is not open to the user that nginx gives its workers.
    user = "user root;" if foreground.is_root() else ""
    (a.dir / "nginx.conf").write_text(CONFIG.format(dir=a.dir, port=port, chain=chain, key=key, user=user))
    command = [foreground.program("nginx"), "-p", a.dir, "-e", a.dir / "error.log", "-c", a.dir / "nginx.conf"]
    foreground.run("nginx", command, a.dir, lambda: answers(port), {"https": f"127.0.0.1:{port}"})


if __name__ == "__main__":
    main()
