import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import "fake-indexeddb/auto";
import { CryptoEvent, decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/index.js";
import { login, person, registerAccount, startDevice, stopSync, withPassword } from "../support/people.js";
import { receives, roomOf, say } from "../support/rooms.js";
import { once, until } from "../support/wait.js";

/** Callbacks that hand out the recovery key like a user who types it in. */
function recoveryKeyHolder() {
    const holder = { encoded: undefined, privateKey: undefined };
    holder.callbacks = {
        getSecretStorageKey: async ({ keys }) => holder.privateKey && [Object.keys(keys)[0], holder.privateKey],
        cacheSecretStorageKey: (_id, _info, key) => (holder.privateKey = key),
    };
    return holder;
}

/** What Element does on a first device: cross-signing, secret storage behind a recovery key, key backup. */
async function setUpRecovery(client, holder) {
    const crypto = client.getCrypto();
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: withPassword(client) });
    await crypto.bootstrapSecretStorage({
        setupNewKeyBackup: true,
        createSecretStorageKey: async () => {
            const key = await crypto.createRecoveryKeyFromPassphrase();
            holder.encoded = key.encodedPrivateKey;
            holder.privateKey = key.privateKey;
            return key;
        },
    });
    await crypto.checkKeyBackupAndEnable();
}

describe("encryption", () => {
    let alice, bob, roomId;
    const holder = recoveryKeyHolder();

    before(async () => {
        alice = await person("alice", { crypto: true, cryptoCallbacks: holder.callbacks });
        bob = await person("bob", { crypto: true });
        roomId = await roomOf([alice, bob], { encrypted: true });
    });

    test("two people write to each other in an encrypted room and each reads what the other wrote", async () => {
        const hello = await say(alice, roomId, "Hello, Bob");
        assert.equal((await receives(bob, roomId, hello)).getContent().body, "Hello, Bob");
        const answer = await say(bob, roomId, "Привет, Алиса");
        assert.equal((await receives(alice, roomId, answer)).getContent().body, "Привет, Алиса");

        const stored = await bob.fetchRoomEvent(roomId, hello);
        assert.equal(stored.type, "m.room.encrypted");
        assert.equal(JSON.stringify(stored).includes("Hello"), false);
    });

    test("an encrypted edit, reaction and redaction arrive", async () => {
        const id = await say(alice, roomId, "befor");
        await receives(bob, roomId, id);
        const { event_id: edit } = await alice.sendEvent(roomId, "m.room.message", {
            "msgtype": "m.text",
            "body": "* before",
            "m.new_content": { msgtype: "m.text", body: "before" },
            "m.relates_to": { rel_type: "m.replace", event_id: id },
        });
        await receives(bob, roomId, edit);
        const room = bob.getRoom(roomId);
        await until("the edit shows", [bob, room], () => room.findEventById(id).getContent().body === "before");

        await bob.sendEvent(roomId, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: "👍" } });
        const ours = alice.getRoom(roomId);
        await until("the reaction shows", [alice, ours], () =>
            ours.relations
                .getChildEventsForEvent(id, "m.annotation", "m.reaction")
                ?.getSortedAnnotationsByKey()
                ?.some(([key]) => key === "👍"),
        );

        await alice.redactEvent(roomId, id);
        await until("the redaction shows", [bob, room], () => room.findEventById(id).isRedacted());
    });

    test("cross-signing, secret storage and key backup are set up with a recovery key", async () => {
        await setUpRecovery(alice, holder);
        const crypto = alice.getCrypto();
        assert.ok(holder.encoded);
        assert.equal(await crypto.isCrossSigningReady(), true);
        await until("secret storage is ready", alice, () => crypto.isSecretStorageReady());
        const status = await crypto.getCrossSigningStatus();
        assert.equal(status.publicKeysOnDevice && status.privateKeysInSecretStorage, true);
        const backup = await crypto.getKeyBackupInfo();
        assert.equal(await crypto.getActiveSessionBackupVersion(), backup.version);
        assert.equal((await crypto.isKeyBackupTrusted(backup)).trusted, true);
    });

    test("another person's client sees the device as signed by its owner", async () => {
        await bob.getCrypto().getUserDeviceInfo([alice.getUserId()], true);
        await until("Alice's device is cross-signed for Bob", bob, async () => {
            const status = await bob.getCrypto().getDeviceVerificationStatus(alice.getUserId(), alice.getDeviceId());
            return status?.signedByOwner;
        });
        const user = await bob.getCrypto().getUserVerificationStatus(alice.getUserId());
        assert.equal(user.known, true);
        assert.equal(user.isCrossSigningVerified(), false);
    });

    test("a second device restores the key backup with the recovery key and reads the history", async () => {
        const ids = [];
        for (let i = 0; i < 3; i++) ids.push(await say(i % 2 ? bob : alice, roomId, `before the new device ${i}`));
        for (const id of ids) await receives(alice, roomId, id);
        // Alice's first device has put every key into the backup.
        const sessions = (await alice.getCrypto().exportRoomKeys()).length;
        await until("every room key is in the backup", alice, async () => {
            const info = await alice.http.authedRequest("GET", "/room_keys/version");
            return info.count >= sessions;
        });

        const typed = recoveryKeyHolder();
        const session = await login(alice.username);
        const phone = await startDevice(session, { crypto: true, cryptoCallbacks: typed.callbacks });
        const history = await until("the room is there", phone, () => phone.getRoom(roomId));
        await until("history is there, unread", [phone, history], () => history.findEventById(ids[0])?.isDecryptionFailure());

        typed.privateKey = decodeRecoveryKey(holder.encoded);
        const crypto = phone.getCrypto();
        assert.equal(await crypto.userHasCrossSigningKeys(alice.getUserId(), true), true);
        await crypto.bootstrapCrossSigning({});
        await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
        const check = await crypto.checkKeyBackupAndEnable();
        assert.equal(check.trustInfo.matchesDecryptionKey, true);
        const restored = await crypto.restoreKeyBackup();
        assert.equal(restored.imported, restored.total);
        assert.ok(restored.total >= sessions);
        for (const [i, id] of ids.entries()) {
            const event = history.findEventById(id);
            await phone.decryptEventIfNeeded(event);
            await until("decrypted", [phone, event], () => !event.isDecryptionFailure() && !event.isBeingDecrypted());
            assert.equal(event.getContent().body, `before the new device ${i}`);
        }

        // The new device signed itself with the keys out of secret storage; others and the first device trust it.
        for (const watcher of [alice, bob]) {
            await until("the new device is cross-signed", watcher, async () => {
                await watcher.getCrypto().getUserDeviceInfo([alice.getUserId()], true);
                const s = await watcher.getCrypto().getDeviceVerificationStatus(alice.getUserId(), session.device_id);
                return s?.signedByOwner;
            });
        }
        const live = await say(bob, roomId, "to both of your devices");
        for (const device of [alice, phone]) {
            assert.equal((await receives(device, roomId, live)).getContent().body, "to both of your devices");
        }
        stopSync(phone);
    });

    test("two devices of one person verify each other by comparing emoji", async () => {
        const carol = await person("carol", { crypto: true });
        await carol.getCrypto().bootstrapCrossSigning({ authUploadDeviceSigningKeys: withPassword(carol) });
        const tablet = await startDevice(await login(carol.username), { crypto: true });
        await until("the tablet knows the first device", tablet, async () => {
            const devices = await tablet.getCrypto().getUserDeviceInfo([carol.getUserId()], true);
            return devices.get(carol.getUserId())?.has(carol.getDeviceId()) && tablet.getCrypto().userHasCrossSigningKeys();
        });

        const incoming = once(carol, CryptoEvent.VerificationRequestReceived);
        const asked = await tablet.getCrypto().requestOwnUserVerification();
        const [request] = await incoming;
        await request.accept();
        await until("the request is ready", [asked, tablet], () => asked.phase === 3);
        const verifier = await asked.startVerification("m.sas.v1");
        const other = await until("the other side has a verifier", [request, carol], () => request.verifier);
        const confirm = async (v) => {
            const shown = v.getShowSasCallbacks() ?? (await once(v, "show_sas"))[0];
            v.emoji = shown.sas.emoji.map(([symbol]) => symbol).join();
            await shown.confirm();
        };
        const results = Promise.all([verifier.verify(), other.verify(), confirm(verifier), confirm(other)]);
        await results;
        assert.equal(verifier.emoji, other.emoji);
        await until("the tablet is trusted", [tablet, carol], async () => {
            const status = await carol.getCrypto().getDeviceVerificationStatus(carol.getUserId(), tablet.getDeviceId());
            return status?.crossSigningVerified;
        });
        await until("the private keys were handed over", tablet, async () => tablet.getCrypto().isCrossSigningReady());
        stopSync(tablet);
        stopSync(carol);
    });

    test("a device that was off keeps its keys and reads what came meanwhile", async () => {
        const account = await registerAccount("dave");
        const stored = { crypto: { useIndexedDB: true, cryptoDatabasePrefix: account.username } };
        let dave = await startDevice(account, stored);
        const room = await roomOf([alice, dave], { encrypted: true });
        await receives(dave, room, await say(alice, room, "still on"));
        stopSync(dave);

        const ids = [];
        for (let i = 0; i < 5; i++) ids.push(await say(alice, room, `while off ${i}`));
        dave = await startDevice(account, stored);
        for (const [i, id] of ids.entries()) {
            assert.equal((await receives(dave, room, id)).getContent().body, `while off ${i}`);
        }
        stopSync(dave);
    });

    test("a member who left gets no keys for what is written afterwards", async () => {
        const erin = await person("erin", { crypto: true });
        const room = await roomOf([alice, erin], { encrypted: true });
        await receives(erin, room, await say(alice, room, "with Erin"));
        await erin.leave(room);
        await until("Alice sees her leave", alice, () => alice.getRoom(room).getMember(erin.getUserId()).membership === "leave");
        const before = (await erin.getCrypto().exportRoomKeys()).length;
        await say(alice, room, "without Erin");
        // A message that does reach her proves that everything sent before it would have.
        const fence = once(erin, "toDeviceEvent", (e) => e.getType() === "org.veche.fence");
        await alice.sendToDevice("org.veche.fence", new Map([[erin.getUserId(), new Map([["*", {}]])]]));
        await fence;
        assert.equal((await erin.getCrypto().exportRoomKeys()).length, before);
        stopSync(erin);
    });
});
