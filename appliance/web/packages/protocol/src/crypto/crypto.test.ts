import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { type CryptoApi, VerificationPhase, encodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/index.js";
import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import { Scope } from "../base/scope";
import { EncryptionStore, SecretKeys, readRecoveryKey } from "./encryption_store";
import { VerificationStore } from "./verification_store";

test("a recovery key is read with or without its blanks; half of one is refused", () => {
    const key = new Uint8Array(32).fill(7);
    const written = encodeRecoveryKey(key) ?? "";
    expect(readRecoveryKey(` ${written} `)).toEqual(key);
    expect(readRecoveryKey(written.replaceAll(" ", ""))).toEqual(key);
    for (const wrong of ["", "hello", written.slice(0, 20), `${written}x`]) {
        expect(() => readRecoveryKey(wrong)).toThrow(expect.objectContaining({ code: "recoveryKeyInvalid" }));
    }
});

test("the SDK gets the key of secret storage only while somebody has it", async () => {
    const secrets = new SecretKeys();
    const ask = () => secrets.callbacks.getSecretStorageKey?.({ keys: { k1: {} as never } }, "m.cross_signing.master");
    const key = new Uint8Array(32);
    expect(await ask()).toBeNull();
    await secrets.during("k1", key, async () => {
        expect(await ask()).toEqual(["k1", key]);
    });
    expect(await ask()).toBeNull();
    await secrets.during("another", key, async () => {
        expect(await ask()).toBeNull();
    });
});

/** A request as the SDK has it, moved by the test. */
class Request extends EventEmitter {
    phase = VerificationPhase.Requested;
    isSelfVerification = true;
    otherUserId = "@me:b";
    otherDeviceId = "OTHER";
    initiatedByMe = false;
    accepting = false;
    pending = true;
    cancellationCode: string | null = null;
    verifier: Verifier | undefined;
    chosenMethod = "m.sas.v1";
    methods: readonly string[] = [];
    code: Uint8ClampedArray | undefined;
    readonly otherPartySupportsMethod = (method: string) => this.methods.includes(method);
    readonly generateQRCode = () => Promise.resolve(this.code);
    readonly scanQRCode = vi.fn(() => Promise.resolve());
    readonly startVerification = vi.fn(() => Promise.resolve(this.verifier));
    readonly cancel = vi.fn(() => Promise.resolve());
    readonly accept = vi.fn(() => Promise.resolve());

    to(phase: VerificationPhase): void {
        this.phase = phase;
        this.emit("change");
    }
}

class Verifier extends EventEmitter {
    readonly verify = vi.fn(() => new Promise(() => undefined));
    scanned: { confirm: () => void; cancel: () => void } | null = null;
    readonly getShowSasCallbacks = () => null;
    readonly getReciprocateQrCodeCallbacks = () => this.scanned;
}

function verification() {
    const client = Object.assign(new EventEmitter(), {
        getUser: () => ({ displayName: "Boris" }),
        getSafeUserId: () => "@anna:b",
    });
    const store = new VerificationStore(client as unknown as MatrixClient, {} as CryptoApi, new Scope());
    const receive = (request: Request) => client.emit("crypto.verificationRequestReceived", request);
    return { store, receive };
}

test("a request goes from the question over the emoji to the answer", async () => {
    const { store, receive } = verification();
    const request = new Request();
    receive(request);
    expect(store.getSnapshot()).toMatchObject({ phase: "asked", self: true, name: "Boris", deviceId: "OTHER" });
    await store.accept();
    expect(request.accept).toHaveBeenCalledTimes(1);
    request.to(VerificationPhase.Ready);
    expect(store.getSnapshot().phase).toBe("starting");
    request.verifier = new Verifier();
    request.to(VerificationPhase.Started);
    const confirm = vi.fn(() => Promise.resolve());
    request.verifier.emit("show_sas", { sas: { emoji: [["🐶", "dog"]] }, confirm });
    expect(store.getSnapshot()).toMatchObject({ phase: "comparing", emoji: [{ emoji: "🐶", name: "dog" }] });
    await store.confirm();
    expect(confirm).toHaveBeenCalledTimes(1);
    expect(store.getSnapshot().phase).toBe("confirming");
    request.to(VerificationPhase.Done);
    expect(store.getSnapshot().phase).toBe("done");
});

/** A request between two devices that both show and scan codes. */
async function choosing() {
    const { store, receive } = verification();
    const request = new Request();
    request.methods = ["m.sas.v1", "m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"];
    request.code = new Uint8ClampedArray([77, 65]);
    receive(request);
    request.to(VerificationPhase.Ready);
    await vi.waitUntil(() => store.getSnapshot().phase === "choosing");
    return { store, request };
}

test("where both can, a code is shown, and whoever shows it says that it was scanned", async () => {
    const { store, request } = await choosing();
    expect(store.getSnapshot()).toMatchObject({ code: request.code, mayScan: true });
    request.verifier = new Verifier();
    request.verifier.scanned = { confirm: vi.fn(), cancel: vi.fn() };
    request.chosenMethod = "m.reciprocate.v1";
    request.to(VerificationPhase.Started);
    expect(store.getSnapshot().phase).toBe("scanned");
    await store.confirm();
    expect(request.verifier.scanned.confirm).toHaveBeenCalledTimes(1);
    request.to(VerificationPhase.Started);
    expect(store.getSnapshot().phase).toBe("confirming");
    request.to(VerificationPhase.Done);
    expect(store.getSnapshot().phase).toBe("done");
});

test("whoever scans waits for the other side; the code of something else changes nothing", async () => {
    const { store, request } = await choosing();
    request.scanQRCode.mockRejectedValueOnce(new Error("not a code of ours"));
    expect(await store.scan(new Uint8ClampedArray([1]))).toBe(false);
    expect(store.getSnapshot().phase).toBe("choosing");
    request.verifier = new Verifier();
    request.chosenMethod = "m.reciprocate.v1";
    expect(await store.scan(new Uint8ClampedArray([2]))).toBe(true);
    request.to(VerificationPhase.Started);
    expect(store.getSnapshot().phase).toBe("confirming");
});

test("where there is a choice, the emoji come when somebody chooses them", async () => {
    const { store, request } = await choosing();
    request.verifier = new Verifier();
    await store.compareEmoji();
    expect(request.startVerification).toHaveBeenCalledWith("m.sas.v1");
    request.verifier.emit("show_sas", { sas: { emoji: [["🐶", "dog"]] }, confirm: vi.fn() });
    expect(store.getSnapshot().phase).toBe("comparing");
});

test("the account's keys are not asked of the server while new ones wait for the password", async () => {
    let password: (given: string) => void = () => undefined;
    const crypto = {
        resetEncryption: () => new Promise((resolve) => (password = resolve)),
        getKeyBackupInfo: () => Promise.resolve(null),
        getSessionBackupPrivateKey: () => Promise.resolve(null),
        bootstrapSecretStorage: vi.fn(() => Promise.resolve()),
        checkKeyBackupAndEnable: () => Promise.resolve(null),
        userHasCrossSigningKeys: vi.fn(() => Promise.resolve(false)),
        getDeviceVerificationStatus: () => Promise.resolve(null),
        getActiveSessionBackupVersion: () => Promise.resolve(null),
        getUserDeviceInfo: () => Promise.resolve(new Map()),
    };
    const client = Object.assign(new EventEmitter(), { getSafeUserId: () => "@me:b", getDeviceId: () => "D" });
    const store = new EncryptionStore(client as unknown as MatrixClient, crypto as unknown as CryptoApi, new SecretKeys(), new Scope());
    const resetting = store.reset({ privateKey: new Uint8Array(32) }, () => Promise.resolve(""));
    await store.look();
    expect(crypto.userHasCrossSigningKeys).not.toHaveBeenCalled();
    password("secret");
    await resetting;
    expect(crypto.bootstrapSecretStorage).toHaveBeenCalledWith(expect.objectContaining({ setupNewKeyBackup: true }));
    expect(crypto.userHasCrossSigningKeys).toHaveBeenCalledTimes(1);
});

test("whoever waits for a look has what a later one found, which took longer", async () => {
    const answers: ((value: boolean) => void)[] = [];
    const crypto = {
        userHasCrossSigningKeys: () => new Promise<boolean>((resolve) => answers.push(resolve)),
        getDeviceVerificationStatus: () => Promise.resolve(null),
        getActiveSessionBackupVersion: () => Promise.resolve(null),
        getUserDeviceInfo: () => Promise.resolve(new Map()),
    };
    const client = Object.assign(new EventEmitter(), { getSafeUserId: () => "@me:b", getDeviceId: () => "D" });
    const store = new EncryptionStore(client as unknown as MatrixClient, crypto as unknown as CryptoApi, new SecretKeys(), new Scope());
    const seen: string[] = [];
    const first = store.look().then(() => seen.push(store.getSnapshot().need));
    const second = store.look().then(() => seen.push(store.getSnapshot().need));
    answers[0]?.(false);
    await vi.waitFor(() => { expect(answers).toHaveLength(2); });
    await Promise.resolve();
    expect(store.getSnapshot().need).toBe("checking");
    answers[1]?.(true);
    await Promise.all([first, second]);
    expect(seen).toEqual(["recover", "recover"]);
});

test.each([
    ["m.mismatched_sas", "mismatch"],
    ["m.timeout", "timeout"],
    ["m.accepted", "elsewhere"],
    ["m.user", "cancelled"],
])("a request that ends with %s says so", (code, why) => {
    const { store, receive } = verification();
    const request = new Request();
    receive(request);
    request.cancellationCode = code;
    request.to(VerificationPhase.Cancelled);
    expect(store.getSnapshot()).toMatchObject({ phase: "ended", why });
});

test("a second request does not interrupt the first", () => {
    const { store, receive } = verification();
    receive(new Request());
    receive(Object.assign(new Request(), { otherDeviceId: "THIRD" }));
    expect(store.getSnapshot()).toMatchObject({ deviceId: "OTHER" });
});

test("putting a request away declines it", async () => {
    const { store, receive } = verification();
    const request = new Request();
    receive(request);
    await store.dismiss();
    expect(request.cancel).toHaveBeenCalledTimes(1);
    expect(store.getSnapshot().phase).toBe("none");
});
