import "fake-indexeddb/auto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Door, NotLetIn } from "./door";
import { VisitMemory } from "./kept_visit";
import { Visit } from "./visit";

const INVITATION = { organisation: "Romashka", title: "Budget", pin: true, lobby: true, full: false, expires_ms: 5 };
const SESSION = { user_id: "@guest-1:b", device_id: "D", access_token: "t", room_id: "!r:b" };

interface Asked {
    readonly path: string;
    readonly body: Record<string, unknown>;
    readonly token: string | null;
}

/** What is answered, or a refusal. */
type Answer = { readonly status: number; readonly body: object } | Record<string, unknown>;

/** A server that gives these answers, one for each question of a kind. */
function serverOf(answers: Record<string, Answer[]>) {
    const asked: Asked[] = [];
    const fetchFn = (async (url: string | URL | Request, init?: RequestInit) => {
        const path = (url as string).split("/").at(-1) ?? "";
        const token = new Headers(init?.headers).get("authorization");
        asked.push({ path, body: JSON.parse((init?.body ?? "{}") as string) as Record<string, unknown>, token });
        const answer = answers[path]?.shift() ?? { status: 500, body: {} };
        const { status, body } = "status" in answer ? (answer as { status: number; body: object }) : { status: 200, body: answer };
        return Promise.resolve(new Response(JSON.stringify(body), { status }));
    }) as typeof fetch;
    return { asked, door: new Door("https://b", fetchFn) };
}

const refusal = (reason: string) => ({ status: 403, body: { errcode: "M_FORBIDDEN", reason } });

/** The memory of a tab, which outlives its pages. */
function shelf() {
    const kept = new Map<string, string>();
    return {
        kept,
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
    };
}

function visitOf(door: Door, tab: ReturnType<typeof shelf> | null = shelf(), token = "vmt_x") {
    const engine = { stop: vi.fn(() => Promise.resolve()) };
    let ended = (): void => undefined;
    const visit = new Visit(token, {
        door,
        memory: new VisitMemory(tab),
        pause: () => Promise.resolve(),
        startEngine: (_, __, onEnded) => {
            ended = onEnded;
            return Promise.resolve(engine);
        },
    });
    return { visit, engine, end: () => { ended(); } };
}

const secure = () => {
    const held = new Set<string>();
    const request = async (name: string, _: object, work: () => Promise<unknown>) => {
        if (held.has(name)) throw new DOMException("waited in vain", "TimeoutError");
        held.add(name);
        await work();
        held.delete(name);
    };
    vi.stubGlobal("navigator", { locks: { request } });
    vi.stubGlobal("isSecureContext", true);
};
afterEach(() => {
    vi.unstubAllGlobals();
});

test("a refusal is told by the server's word for it", async () => {
    const { door } = serverOf({ about: [{ status: 404, body: { reason: "unknown" } }] });
    await expect(door.about("x")).rejects.toEqual(new NotLetIn("unknown"));
});

describe("a visit", () => {
    test("goes from the door through waiting into the room, and tells the server when it ends", async () => {
        secure();
        const { door, asked } = serverOf({ about: [INVITATION], knock: [{ ticket: "k" }], wait: [{ session: null }, { session: SESSION }], logout: [{}] });
        const { visit, engine } = visitOf(door);
        const phases: string[] = [];
        visit.subscribe(() => phases.push(visit.getSnapshot().phase));
        await visit.look();
        await visit.enter("Petr", "314159");
        expect(phases).toEqual(["looking", "door", "door", "waiting", "entering", "in"]);
        expect(visit.getSnapshot()).toMatchObject({ roomId: "!r:b", engine });
        await visit.leave();
        expect(visit.getSnapshot()).toMatchObject({ phase: "over", why: "left" });
        expect(engine.stop).toHaveBeenCalled();
        expect(asked.at(-1)).toMatchObject({ path: "logout", token: "Bearer t" });
        expect(await indexedDB.databases()).toEqual([]);
    });

    test("stays at the door with a wrong PIN, and is over when it is refused", async () => {
        secure();
        const { door } = serverOf({ about: [INVITATION], knock: [refusal("wrong_pin"), { ticket: "k" }], wait: [refusal("refused")] });
        const { visit } = visitOf(door);
        await visit.look();
        await visit.enter("Petr", "000000");
        expect(visit.getSnapshot()).toMatchObject({ phase: "door", problem: "wrong_pin", busy: false });
        await visit.enter("Petr", "314159");
        expect(visit.getSnapshot()).toMatchObject({ phase: "over", why: "refused" });
    });

    test("knocks again when the server has forgotten who waits, and waits through a lost network", async () => {
        secure();
        const { door, asked } = serverOf({
            about: [INVITATION],
            knock: [{ ticket: "1" }, { ticket: "2" }],
            wait: [{ status: 503, body: {} }, { status: 404, body: { reason: "not_waiting" } }, { session: SESSION }],
        });
        const { visit } = visitOf(door);
        await visit.look();
        await visit.enter("Petr", null);
        expect(visit.getSnapshot().phase).toBe("in");
        expect(asked.filter(({ path }) => path === "knock")).toHaveLength(2);
        await visit.leave();
    });

    test("goes on as the same guest when the page is loaded anew", async () => {
        secure();
        const tab = shelf();
        const { door, asked } = serverOf({ about: [INVITATION, INVITATION], knock: [{ ticket: "k" }], wait: [{ session: SESSION }], whoami: [{}] });
        const before = visitOf(door, tab);
        await before.visit.look();
        await before.visit.enter("Petr", "314159");
        before.visit.vanish();
        expect(asked.at(-1)).toMatchObject({ path: "page", body: { open: false }, token: "Bearer t" });
        expect(asked.some(({ path }) => path === "logout")).toBe(false);
        secure();
        const { visit, engine } = visitOf(door, tab);
        await visit.look();
        expect(visit.getSnapshot()).toMatchObject({ phase: "in", roomId: "!r:b", engine });
        const [closed, opened] = asked.filter(({ path }) => path === "page");
        expect(opened).toMatchObject({ body: { open: true }, token: "Bearer t" });
        expect(opened?.body["page"]).not.toBe(closed?.body["page"]);
        expect(asked.filter(({ path }) => path === "knock")).toHaveLength(1);
        await visit.leave();
        expect(tab.kept.size).toBe(0);
    });

    test("begins anew for a guest who does not live any more, for another link, and in the copy of a tab", async () => {
        secure();
        const tab = shelf();
        const about = Array.from({ length: 4 }, () => INVITATION);
        const { door } = serverOf({ about, knock: [{ ticket: "k" }], wait: [{ session: SESSION }], whoami: [{ status: 401, body: {} }] });
        const before = visitOf(door, tab);
        await before.visit.look();
        await before.visit.enter("Petr", "314159");
        const copy = { ...shelf(), kept: new Map(tab.kept), getItem: (key: string) => tab.kept.get(key) ?? null };
        const phaseOf = async ({ visit }: ReturnType<typeof visitOf>) => {
            await visit.look();
            return visit.getSnapshot().phase;
        };
        expect(await phaseOf(visitOf(door, copy))).toBe("door");
        expect(await phaseOf(visitOf(door, tab, "vmt_y"))).toBe("door");
        secure();
        expect(await phaseOf(visitOf(door, tab))).toBe("door");
        expect(tab.kept.size).toBe(0);
    });

    test("is tried again when the network is away just then", async () => {
        secure();
        const tab = shelf();
        const about = Array.from({ length: 3 }, () => INVITATION);
        const { door } = serverOf({ about, knock: [{ ticket: "k" }], wait: [{ session: SESSION }], whoami: [{ status: 503, body: {} }, {}] });
        const before = visitOf(door, tab);
        await before.visit.look();
        await before.visit.enter("Petr", "314159");
        secure();
        const { visit } = visitOf(door, tab);
        await visit.look();
        expect(visit.getSnapshot()).toMatchObject({ phase: "over", why: "server" });
        await visit.look();
        expect(visit.getSnapshot().phase).toBe("in");
        await visit.leave();
    });

    test("ends with its page where the tab remembers nothing", async () => {
        secure();
        const { door, asked } = serverOf({ about: [INVITATION], knock: [{ ticket: "k" }], wait: [{ session: SESSION }], logout: [{}] });
        const { visit } = visitOf(door, null);
        await visit.look();
        await visit.enter("Petr", "314159");
        visit.vanish();
        expect(asked.at(-1)).toMatchObject({ path: "logout", token: "Bearer t" });
        await visit.leave();
    });

    test("is over when the server ends it", async () => {
        secure();
        const { door } = serverOf({ about: [INVITATION], knock: [{ ticket: "k" }], wait: [{ session: SESSION }] });
        const { visit, end, engine } = visitOf(door);
        await visit.look();
        await visit.enter("Petr", null);
        end();
        await vi.waitFor(() => { expect(engine.stop).toHaveBeenCalled(); });
        expect(visit.getSnapshot()).toMatchObject({ phase: "over", why: "over" });
    });
});
