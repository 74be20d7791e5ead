// Rooms that were there before anybody opened a page: made and filled by the API.

import { request, token } from "./server.js";

/** Requests that are in flight at once while a room is filled. */
const AT_ONCE = 24;

/** A text as people write them: some short, some of several lines. */
const sentence = (number) => `message ${number} ${"and what there is to say about it ".repeat(number % 7)}`.trim();

/** A session of the account for what is done without a page. */
export const session = (server, account) => token(server, account);

/** A room that whoever has its name may enter, with members that have joined. Answers its id. */
export async function makeRoom(server, owner, name, members = []) {
    const { room_id: roomId } = await request(server, owner, "POST", "/_matrix/client/v3/createRoom", { name, preset: "public_chat" });
    for (const member of members) await request(server, member, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    return roomId;
}

/** `count` messages, numbered from `after` + 1; their order is near to that of their numbers. Answers the id of each. */
export async function fill(server, author, roomId, count, after = 0) {
    const ids = new Array(count);
    let next = 0;
    const work = async () => {
        for (let index = next++; index < count; index = next++) {
            const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/fill-${after + index}`;
            const answer = await request(server, author, "PUT", path, { msgtype: "m.text", body: sentence(after + index + 1) });
            ids[index] = answer.event_id;
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return ids;
}
