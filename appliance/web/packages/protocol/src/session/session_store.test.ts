import { beforeEach, describe, expect, test, vi } from "vitest";
import { Problem } from "../base/problem";
import type { Homeserver, Waiting } from "./homeserver";
import type { Profile, Profiles } from "./profiles";
import type { Session, SessionKeeper } from "./session_keeper";
import { type EngineHooks, type SessionParts, SessionStore, missingIn } from "./session_store";
import type { LeaderEvents, TabLeader } from "./tab_leader";

const session: Session = { userId: "@a:b", deviceId: "D", accessToken: "t", baseUrl: "https://b", storageKey: new Uint8Array(32) };

class Engine {
    stopped = 0;

    stop(): Promise<void> {
        this.stopped += 1;
        return Promise.resolve();
    }
}

/** The accounts of a device, in memory. */
function accounts(kept: readonly Session[]) {
    const sessions = new Map(kept.map((each) => [each.userId, each]));
    const profiles: Profile[] = kept.map(({ userId, deviceId }, at) => ({ id: userId, userId, deviceId, name: userId, usedMs: -at }));
    const lists = new Map<string, object>();
    const keeper = (id: string) => ({
        id,
        records: { get: () => Promise.resolve(lists.get(id)) },
        load: () => Promise.resolve(sessions.get(id) ?? null),
        renew: vi.fn((old: Session, accessToken: string) => Promise.resolve({ ...old, accessToken })),
        close: vi.fn(() => undefined),
    });
    const open = vi.fn((id: string) => Promise.resolve(keeper(id) as unknown as SessionKeeper));
    return {
        profiles,
        lists,
        sweep: () => Promise.resolve(),
        list: () => Promise.resolve([...profiles]),
        open,
        peek: open,
        add: vi.fn((signedIn: object) => {
            const made = { ...session, ...signedIn };
            sessions.set(made.userId, made);
            profiles.unshift({ id: made.userId, userId: made.userId, deviceId: made.deviceId, name: made.userId, usedMs: profiles.length });
            return Promise.resolve({ keeper: keeper(made.userId), session: made });
        }),
        rename: vi.fn(() => Promise.resolve()),
        forget: vi.fn((id: string) => {
            profiles.splice(profiles.findIndex((profile) => profile.id === id), 1);
            return Promise.resolve();
        }),
        close: vi.fn(() => undefined),
    };
}

/** A session store over parts that do what the test says. */
function made(...kept: readonly Session[]) {
    const engines: Engine[] = [];
    let hooks: EngineHooks | null = null;
    let leader: LeaderEvents | null = null;
    let leads = true;
    const device = accounts(kept);
    const homeserver = {
        baseUrl: "https://b",
        login: vi.fn(() => Promise.resolve({ userId: "@a:b", deviceId: "D", accessToken: "new" })),
        logout: vi.fn(() => Promise.resolve()),
        waiting: vi.fn<(token: string) => Promise<Waiting>>(() => Promise.resolve({ unread: 0, mentions: 0 })),
    };
    const start = vi.fn((_: Session, __: unknown, given: EngineHooks) => {
        hooks = given;
        const engine = new Engine();
        engines.push(engine);
        return Promise.resolve(engine);
    });
    const parts: SessionParts<Engine> = {
        homeserver: homeserver as unknown as Homeserver,
        leader: {
            get leads() {
                return leads;
            },
            enter: (events: LeaderEvents) => {
                leader = events;
                events.onLead();
                return Promise.resolve("leads" as const);
            },
        } as unknown as TabLeader,
        openProfiles: () => Promise.resolve(device as unknown as Profiles),
        startEngine: start,
        deviceName: () => "here",
    };
    const store = new SessionStore(parts);
    const phase = () => store.getSnapshot().phase;
    return {
        store, device, homeserver, engines, start, phase,
        hooks: () => hooks,
        yield: async () => {
            leads = false;
            await leader?.onYield();
        },
    };
}

beforeEach(() => {
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("indexedDB", {});
    vi.stubGlobal("navigator", { locks: {} });
});

const until = async (check: () => boolean) => {
    for (let turns = 0; turns < 50 && !check(); turns += 1) await Promise.resolve();
    expect(check()).toBe(true);
};

test("the session of the last visit is opened", async () => {
    const { store, phase } = made(session);
    await store.begin();
    await until(() => phase() === "ready");
});

test("without one, somebody is asked to sign in; then it is kept and opened", async () => {
    const { store, phase, device } = made();
    await store.begin();
    await until(() => phase() === "signedOut");
    await store.signIn("a", "p");
    expect(device.add).toHaveBeenCalledWith(expect.objectContaining({ accessToken: "new" }), "https://b");
    expect(phase()).toBe("ready");
});

test("a refused sign-in says why, and nothing changes", async () => {
    const { store, phase, homeserver, device } = made();
    await store.begin();
    await until(() => phase() === "signedOut");
    homeserver.login.mockRejectedValueOnce(new Problem("wrongPassword"));
    await expect(store.signIn("a", "p")).rejects.toMatchObject({ code: "wrongPassword" });
    expect(phase()).toBe("signedOut");
    expect(device.add).not.toHaveBeenCalled();
});

test("an expired session keeps its data and goes on with the same device", async () => {
    const { store, phase, hooks, engines, device, homeserver } = made(session);
    await store.begin();
    await until(() => phase() === "ready");
    hooks()?.onEnded("expired");
    await until(() => phase() === "expired");
    expect(engines[0]?.stopped).toBe(1);
    expect(device.forget).not.toHaveBeenCalled();
    await store.signInAgain("p");
    expect(homeserver.login).toHaveBeenCalledWith(expect.objectContaining({ deviceId: "D", user: "@a:b" }));
    expect(phase()).toBe("ready");
});

test("a session that was ended from elsewhere forgets everything", async () => {
    const { store, phase, hooks, device } = made(session);
    await store.begin();
    await until(() => phase() === "ready");
    hooks()?.onEnded("gone");
    await until(() => phase() === "signedOut");
    expect(device.forget).toHaveBeenCalledExactlyOnceWith("@a:b");
    expect(store.getSnapshot()).toEqual({ phase: "signedOut", reason: "endedElsewhere" });
});

test("signing out forgets everything, also without a network", async () => {
    const { store, phase, homeserver, device, engines } = made(session);
    await store.begin();
    await until(() => phase() === "ready");
    homeserver.logout.mockRejectedValueOnce(new Error("offline"));
    await store.signOut();
    expect(phase()).toBe("signedOut");
    expect(device.forget).toHaveBeenCalledExactlyOnceWith("@a:b");
    expect(engines[0]?.stopped).toBe(1);
});

test("when another tab takes over, the stores are put away here", async () => {
    const tab = made(session);
    await tab.store.begin();
    await until(() => tab.phase() === "ready");
    await tab.yield();
    expect(tab.phase()).toBe("elsewhere");
    expect(tab.engines[0]?.stopped).toBe(1);
    expect(tab.device.close).toHaveBeenCalledTimes(1);
});

test("an engine that comes up after its session has ended is stopped", async () => {
    const { store, phase, start } = made(session);
    const engine = new Engine();
    let finish: (engine: Engine) => void = () => undefined;
    start.mockImplementationOnce((_, __, hooks: EngineHooks) => {
        hooks.onEnded("expired");
        return new Promise<Engine>((resolve) => {
            finish = resolve;
        });
    });
    await store.begin();
    await until(() => phase() === "expired");
    finish(engine);
    await until(() => engine.stopped === 1);
    expect(phase()).toBe("expired");
});

test("a browser that lacks something is told so", () => {
    const good = { isSecureContext: true, indexedDB: {}, navigator: { locks: {} }, crypto: { subtle: {} } };
    expect(missingIn(good)).toBeNull();
    expect(missingIn({ ...good, isSecureContext: false })).toBe("secureContext");
    expect(missingIn({ ...good, crypto: {} })).toBe("crypto");
    expect(missingIn({ ...good, indexedDB: undefined })).toBe("database");
    expect(missingIn({ ...good, navigator: {} })).toBe("locks");
});

describe("several accounts", () => {
    const boris: Session = { ...session, userId: "@b:b", accessToken: "t2" };
    const ready = async (device: ReturnType<typeof made>) => {
        await device.store.begin();
        await until(() => device.phase() === "ready");
    };

    test("the one that was used last is opened, and the other one can be switched to", async () => {
        const device = made(session, boris);
        await ready(device);
        expect(device.store.getSnapshot()).toMatchObject({ userId: "@a:b" });
        await device.store.switchTo("@b:b");
        expect(device.engines[0]?.stopped).toBe(1);
        expect(device.store.getSnapshot()).toMatchObject({ phase: "ready", userId: "@b:b" });
        expect(device.store.accounts.getSnapshot().active).toBe("@b:b");
    });

    test("one more is added beside the others, or one goes back to them", async () => {
        const device = made(boris);
        await ready(device);
        await device.store.add();
        expect(device.store.getSnapshot()).toEqual({ phase: "signedOut", reason: "adding" });
        await device.store.switchTo("@b:b");
        expect(device.phase()).toBe("ready");
        await device.store.add();
        await device.store.signIn("a", "p");
        expect(device.store.getSnapshot()).toMatchObject({ phase: "ready", userId: "@a:b" });
        expect(device.store.accounts.getSnapshot().profiles.map(({ userId }) => userId)).toEqual(["@a:b", "@b:b"]);
    });

    test("signing in with one that is here already opens it, and the new device is given up", async () => {
        const device = made(session, boris);
        await ready(device);
        await device.store.add();
        await device.store.signIn("a", "p");
        expect(device.homeserver.logout).toHaveBeenCalledExactlyOnceWith("new");
        expect(device.device.add).not.toHaveBeenCalled();
        expect(device.store.getSnapshot()).toMatchObject({ phase: "ready", userId: "@a:b" });
    });

    test("signing one out keeps the other, which can be gone on with", async () => {
        const device = made(session, boris);
        await ready(device);
        await device.store.signOut();
        expect(device.device.forget).toHaveBeenCalledExactlyOnceWith("@a:b");
        expect(device.store.accounts.getSnapshot()).toMatchObject({ profiles: [{ userId: "@b:b" }], active: null });
        await device.store.switchTo("@b:b");
        expect(device.phase()).toBe("ready");
    });

    test("one that was ended from elsewhere is forgotten without being opened", async () => {
        const device = made(session, boris);
        device.homeserver.waiting.mockRejectedValue(new Problem("sessionEnded"));
        await ready(device);
        expect(await device.store.lookAround()).toBe(true);
        expect(device.homeserver.waiting).toHaveBeenCalledExactlyOnceWith("t2");
        expect(device.store.others.getSnapshot().ended).toMatchObject([{ userId: "@b:b" }]);
        expect(device.device.forget).toHaveBeenCalledExactlyOnceWith("@b:b");
        expect(device.phase()).toBe("ready");
    });

    test("what waits in the one that is not open is known, and stays so while it cannot be asked", async () => {
        const device = made(session, boris);
        await ready(device);
        device.homeserver.waiting.mockResolvedValue({ unread: 3, mentions: 1 });
        expect(await device.store.lookAround()).toBe(true);
        expect([...device.store.others.getSnapshot().waiting]).toEqual([["@b:b", { unread: 3, mentions: 1 }]]);
        device.homeserver.waiting.mockRejectedValue(new Problem("offline"));
        expect(await device.store.lookAround()).toBe(false);
        expect(device.store.others.getSnapshot().waiting.get("@b:b")).toEqual({ unread: 3, mentions: 1 });
        expect(device.device.forget).not.toHaveBeenCalled();
    });
});
