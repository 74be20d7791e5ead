"""Reads commands, one line of JSON each, does them side by side, and answers each with its number."""

import asyncio
import json
import logging
import sys


async def serve(client: object) -> None:
    """Does what it is told with the methods of this client, until its input ends."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(relativeCreated)d %(name)s %(message)s")
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    running = set()
    while line := await commands.readline():
        task = asyncio.create_task(do(client, line))
        running.add(task)
        task.add_done_callback(running.discard)
    for task in running:
        task.cancel()


async def do(client: object, line: bytes) -> None:
    command = json.loads(line)
    number, what = command.pop("id"), command.pop("do")
    try:
        answer = {"id": number, "done": await getattr(client, what)(**command)}
    except Exception as error:  # Whatever it is, the test must hear of it.
        logging.exception("%s failed", what)
        answer = {"id": number, "failed": repr(error)}
    print(json.dumps(answer), flush=True)
