import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { person } from "../support/people.js";
import { roomOf } from "../support/rooms.js";
import { until } from "../support/wait.js";

describe("calls", () => {
    let ann, ben;
    before(async () => {
        [ann, ben] = await Promise.all([person("ann"), person("ben")]);
    });

    const session = (client, roomId) => client.matrixRTC.getRoomSession(client.getRoom(roomId));
    const transport = (roomId) => ({ type: "livekit", livekit_service_url: "https://sfu.example/livekit/jwt", livekit_alias: roomId });
    /** `client` sees these people in the call of the room, in any order. */
    const seesCall = (client, roomId, people) => {
        const watched = session(client, roomId);
        const expected = people.map((p) => p.getUserId()).sort();
        return until(`${client.getUserId()} sees ${expected.length} in the call`, [client, client.getRoom(roomId), watched], () => {
            const seen = watched.memberships.map((m) => m.userId).sort();
            assert.deepEqual(seen, expected);
            return true;
        });
    };

    for (const [mode, config] of [
        ["state", {}],
        ["events that stick", { unstableSendStickyEvents: true }],
    ]) {
        test(`by ${mode}, everybody sees who joins a call and who leaves it`, async () => {
            const roomId = await roomOf([ann, ben], {
                power_level_content_override: { events: { "org.matrix.msc3401.call.member": 0 } },
            });
            const [hers, his] = [session(ann, roomId), session(ben, roomId)];
            hers.joinRoomSession([transport(roomId)], transport(roomId), config);
            await seesCall(ben, roomId, [ann]);
            his.joinRoomSession([transport(roomId)], transport(roomId), config);
            await seesCall(ann, roomId, [ann, ben]);
            assert.ok(await hers.leaveRoomSession(30_000));
            await seesCall(ben, roomId, [ben]);
            assert.ok(await his.leaveRoomSession(30_000));
            await seesCall(ann, roomId, []);
        });
    }

    test("the server says where calls are, or that there are none", async () => {
        const transports = await ann._unstable_getRTCTransports();
        assert.ok(Array.isArray(transports));
        for (const found of transports) assert.equal(found.type, "livekit");
    });
});
