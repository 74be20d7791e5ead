"""One side of a call by Chromium: the same words as `call.Call`, said to a page (`call.js`) over DevTools' pipe."""

import asyncio
import base64
import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .. import plan

# The first of them that is there.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PAGE = pathlib.Path(__file__).with_name("call.js")
# Where DevTools' pipe is, for the browser: it reads from the first and writes to the second.
PIPE_FROM = 10


class ChromiumCall:
    """One peer connection in a browser of its own."""

    def __init__(self, browser: "Browser") -> None:
        self.browser = browser

    @classmethod
    async def prepare(cls, servers: list[dict], policy: str, tone: int) -> "ChromiumCall":
        call = cls(await Browser.start())
        await call._do("prepare", servers, policy, tone)
        return call

    async def offer(self) -> dict:
        return await self._do("offer")

    async def answer(self, offer: dict) -> dict:
        return await self._do("answer", offer)

    async def accept(self, answer: dict) -> None:
        await self._do("accept", answer)

    async def connected(self) -> dict:
        return await self._do("connected")

    async def exchange(self, sizes: list[int]) -> int:
        return await self._do("exchange", sizes)

    async def hear(self, tone: int) -> float:
        return await self._do("hear", tone)

    async def close(self) -> None:
        await self._do("close")
        await self.browser.close()

    async def _do(self, what: str, *arguments):
        words = ", ".join(json.dumps(argument) for argument in arguments)
        return await self.browser.evaluate(f"call.{what}({words})")


class Browser:
    """A browser with one page, in a profile that is removed with it."""

    def __init__(self, ends: contextlib.ExitStack) -> None:
        self.ends = ends
        self.numbers = itertools.count(1)
        self.waiting: dict[int, asyncio.Future] = {}
        self.session: str | None = None

    @classmethod
    async def start(cls) -> "Browser":
        ends = contextlib.ExitStack()
        profile = ends.enter_context(tempfile.TemporaryDirectory(prefix="veche-chromium-", ignore_cleanup_errors=True))
        browser = cls(ends)
        options = [
            "--headless",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            # It lies in a namespace as root, and has no sound card.
            "--no-sandbox",
            "--autoplay-policy=no-user-gesture-required",
            # It does not know the site's root, and takes this one certificate instead.
            f"--ignore-certificate-errors-spki-list={await asyncio.to_thread(trusted)}",
            "about:blank",
        ]
        await browser._launch(options)
        page = (await browser.ask("Target.getTargets"))["targetInfos"][0]["targetId"]
        attached = await browser.ask("Target.attachToTarget", targetId=page, flatten=True)
        browser.session = attached["sessionId"]
        await browser.evaluate(PAGE.read_text() + ";null")
        return browser

    async def evaluate(self, expression: str):
        """The value of an expression in the page, awaited."""
        answer = await self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    async def ask(self, method: str, **params) -> dict:
        """One command of DevTools."""
        number = next(self.numbers)
        command = {"id": number, "method": method, "params": params}
        if self.session is not None:
            command["sessionId"] = self.session
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        self.commands.write(json.dumps(command).encode() + b"\0")
        return await answer

    async def close(self) -> None:
        self.session = None
        await self.ask("Browser.close")
        await self.process.wait()
        self.reading.cancel()
        self.commands.close()
        self.ends.close()

    async def _launch(self, options: list[str]) -> None:
        (for_browser, ours_out), (ours_in, from_browser) = high_pipe(), high_pipe()
        pipe = f'exec "$0" "$@" 3<&{for_browser} 4>&{from_browser}'
        self.process = await asyncio.create_subprocess_exec(
            *("bash", "-c", pipe, program(), *options),
            pass_fds=(for_browser, from_browser),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        os.close(for_browser)
        os.close(from_browser)
        loop = asyncio.get_running_loop()
        self.commands, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(ours_out, "wb", 0))
        answers = asyncio.StreamReader(limit=2**24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(ours_in, "rb", 0))
        self.reading = asyncio.create_task(self._read(answers))

    async def _read(self, answers: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                answer = json.loads((await answers.readuntil(b"\0"))[:-1])
                waiting = self.waiting.pop(answer.get("id"), None)
                if waiting is None:
                    continue
                if "error" in answer:
                    waiting.set_exception(RuntimeError(answer["error"]["message"]))
                else:
                    waiting.set_result(answer["result"])
        for waiting in self.waiting.values():
            waiting.set_exception(RuntimeError("the browser has ended"))


def program() -> str | None:
    """The browser of this machine."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def high_pipe() -> tuple[int, int]:
    """A pipe whose ends do not lie where the browser expects its own."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, PIPE_FROM) for end in low)
    for end in low:
        os.close(end)
    return high


def trusted() -> str:
    """The hash of the key of the server's certificate, as Chromium wants it; checked against our root before."""
    pem = ssl.get_server_certificate((plan.SERVER_NAME, 443), ca_certs=os.environ["SSL_CERT_FILE"])
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    return base64.b64encode(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
