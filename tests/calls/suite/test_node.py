"""LiveKit's client for Node.js and the one in Python in one call, encrypted from end to end."""

import asyncio

from veche_calls.caller import LOUD_FRAMES, Caller
from veche_calls.matrix import Account
from veche_calls.node import NodeCaller
from veche_calls.server import Server


def test_clients_in_node_and_python_hear_one_another_with_one_key_and_nobody_without_it(server: Server) -> None:
    anna, boris, vera = (Account(server, name) for name in ("anna", "boris", "vera"))
    room_id = anna.make_room(boris, vera)

    async def talk() -> None:
        tickets = [account.ticket(room_id) for account in (anna, boris, vera)]
        first = await NodeCaller(anna.identity).start()
        await first.do("join", url=tickets[0]["url"], token=tickets[0]["jwt"], key="the key of this call")
        second = await Caller(boris.identity).join(tickets[1]["url"], tickets[1]["jwt"], key=b"the key of this call")
        third = await Caller(vera.identity).join(tickets[2]["url"], tickets[2]["jwt"], key=b"another one")
        await first.do("speak")
        microphone = await second.speak()
        await asyncio.gather(first.saw(f"hears {boris.identity}"), second.hears(anna.identity))
        await third.saw(f"subscribed {anna.identity}")
        await first.do("say", text="from Node")
        await second.until("a message", lambda: (b"from Node", anna.identity) in second.data)
        await second.room.local_participant.publish_data(b"from Python", reliable=True)
        await first.saw(f"reads {boris.identity} from Python")
        microphone.mute()
        await first.saw(f"muted {boris.identity}")
        # Before his client has looked for a key it plays some of what it cannot read: noise, and no half second of it.
        assert max(third.loud.values(), default=0) < LOUD_FRAMES, third.loud
        assert third.data == []
        await second.leave()
        await first.saw(f"participant_disconnected {boris.identity}")
        await first.leave()
        await third.leave()

    asyncio.run(talk())
