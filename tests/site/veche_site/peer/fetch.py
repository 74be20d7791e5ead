"""HTTP requests of a client. Certificates are checked against the root that `SSL_CERT_FILE` names."""

import json
import ssl
import urllib.request

# The tests have deadlines of their own; this one only ends the thread.
LIMIT_SECONDS = 60


def fetch(method: str, url: str, body: dict | None, token: str | None) -> str:
    """What a request is answered with; anything but success is raised."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    # No proxy of the machine's: the site has none.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    with opener.open(request, timeout=LIMIT_SECONDS) as answer:
        return answer.read().decode()
