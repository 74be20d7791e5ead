// A participant of a call with LiveKit's client for Node.js. It reads lines of JSON, each with what to do and for what, and
// writes a line whenever something has happened to him: `veche_calls/node.py` waits for it.

import { createInterface } from "node:readline";
import {
    AudioFrame,
    AudioSource,
    AudioStream,
    LocalAudioTrack,
    Room,
    RoomEvent,
    TrackKind,
    TrackPublishOptions,
    TrackSource,
    dispose,
} from "@livekit/rtc-node";

const RATE = 48_000;
const FRAME = RATE / 100;
// What counts as heard, as for the participants in Python.
const LOUD = 1_000;
const LOUD_FRAMES = 50;

const room = new Room();
let speaks = false;

const tell = (...words) => process.stdout.write(`${JSON.stringify(words.join(" "))}\n`);

/** Says that somebody is heard each time that he has been for half a second. */
async function listen(track, identity) {
    let loud = 0;
    for await (const frame of new AudioStream(track, RATE, 1)) {
        if (frame.data.some((sample) => sample > LOUD) && ++loud % LOUD_FRAMES === 0) tell("hears", identity);
    }
}

room.on(RoomEvent.TrackSubscribed, (track, _publication, { identity }) => {
    if (track.kind === TrackKind.KIND_AUDIO) void listen(track, identity);
});
room.on(RoomEvent.TrackMuted, (_publication, { identity }) => tell("muted", identity));
room.on(RoomEvent.ParticipantDisconnected, ({ identity }) => tell("participant_disconnected", identity));
room.on(RoomEvent.DataReceived, (data, sender) => tell("reads", sender?.identity, new TextDecoder().decode(data)));
room.on(RoomEvent.Disconnected, () => tell("disconnected"));

/** Publishes a tone. */
async function speak() {
    const source = new AudioSource(RATE, 1);
    const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
    await room.localParticipant.publishTrack(LocalAudioTrack.createAudioTrack("tone", source), options);
    speaks = true;
    void (async () => {
        for (let at = 0; speaks; at += FRAME) {
            const wave = (_, sample) => Math.sin(((at + sample) * 2 * Math.PI * 660) / RATE) * 12_000;
            await source.captureFrame(new AudioFrame(Int16Array.from({ length: FRAME }, wave), RATE, 1, FRAME));
        }
    })();
}

const orders = {
    async join({ url, token, key }) {
        const keyProviderOptions = { sharedKey: new TextEncoder().encode(key) };
        await room.connect(url, token, { autoSubscribe: true, dynacast: false, encryption: { keyProviderOptions } });
    },
    speak,
    async say({ text }) {
        await room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true });
    },
    async leave() {
        speaks = false;
        await room.disconnect();
        await dispose();
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const { order, ...about } = JSON.parse(line);
    try {
        await orders[order](about);
        tell("done", order);
    } catch (error) {
        tell("failed", order, error);
    }
}
