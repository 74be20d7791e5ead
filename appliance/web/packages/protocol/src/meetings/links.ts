//! A room's links for guests, and those who wait at its door: for members who may invite.

import { type MatrixClient, Method } from "matrix-js-sdk/lib/matrix.js";
import type { components } from "../api/meetings_schema";
import { problemOf } from "../base/problem";
import { Store } from "../base/store";

/** A meeting that is not over. */
export interface Meeting {
    readonly id: number;
    readonly title: string;
    readonly madeBy: string;
    readonly pin: boolean;
    readonly lobby: boolean;
    readonly guests: number;
    readonly guestsMax: number;
    readonly expiresMs: number;
}

export interface NewLink {
    readonly title: string;
    readonly lifetimeSecs: number;
    readonly pin: string | null;
    readonly lobby: boolean;
    readonly guestsMax: number;
}

/** Somebody at the door. */
export interface WaitingGuest {
    readonly id: number;
    readonly name: string;
}

type Told = components["schemas"];

const AGAIN_MS = 5_000;
const WAIT_MS_MAX = 40_000;

function meetingOf({ made_by: madeBy, guests_max: guestsMax, expires_ms: expiresMs, id, title, pin, lobby, guests }: Told["Meeting"]): Meeting {
    return { id, title, madeBy, pin, lobby, guests, guestsMax, expiresMs };
}

const pathOf = (roomId: string, rest: string): string => `/api/meetings/v1/rooms/${encodeURIComponent(roomId)}/${rest}`;

/** One room's links. */
export class MeetingLinks {
    readonly #client: MatrixClient;

    constructor(client: MatrixClient) {
        this.#client = client;
    }

    async list(roomId: string): Promise<readonly Meeting[]> {
        const { meetings } = await this.#ask<Told["Links"]>(Method.Get, pathOf(roomId, "links"));
        return meetings.map(meetingOf);
    }

    /** The link is told this once. */
    async make(roomId: string, { title, lifetimeSecs, pin, lobby, guestsMax }: NewLink): Promise<string> {
        const body: Told["NewLink"] = { title, lifetime_secs: lifetimeSecs, lobby, guests_max: guestsMax, ...(pin === null ? {} : { pin }) };
        return (await this.#ask<Told["MadeLink"]>(Method.Post, pathOf(roomId, "links"), body)).link;
    }

    async end(roomId: string, id: number): Promise<void> {
        await this.#ask(Method.Delete, pathOf(roomId, `links/${id}`));
    }

    async #ask<T>(method: Method, path: string, body?: Record<string, unknown>): Promise<T> {
        try {
            return await this.#client.http.authedRequest<T>(method, path, undefined, body, { prefix: "" });
        } catch (error) {
            throw problemOf(error);
        }
    }
}

/** Those at the door of one room, as long as somebody looks. */
export class LobbyStore extends Store<readonly WaitingGuest[]> {
    readonly #client: MatrixClient;
    readonly #roomId: string;
    #watch: AbortController | null = null;

    constructor(client: MatrixClient, roomId: string) {
        super([]);
        this.#client = client;
        this.#roomId = roomId;
    }

    admit(id: number): Promise<void> {
        return this.#say(id, "admit");
    }

    refuse(id: number): Promise<void> {
        return this.#say(id, "refuse");
    }

    protected override watched(): void {
        this.#watch = new AbortController();
        void this.#look(this.#watch.signal);
    }

    protected override unwatched(): void {
        this.#watch?.abort();
        this.#watch = null;
    }

    async #say(id: number, verb: "admit" | "refuse"): Promise<void> {
        try {
            await this.#client.http.authedRequest(Method.Post, pathOf(this.#roomId, `lobby/${id}/${verb}`), undefined, {}, { prefix: "" });
        } catch (error) {
            const problem = problemOf(error);
            // Somebody was quicker, or he has gone: either way nobody waits any more.
            if (problem.code !== "notFound") throw problem;
        }
        this.publish(this.getSnapshot().filter((guest) => guest.id !== id));
    }

    async #look(signal: AbortSignal): Promise<void> {
        const isOver = () => signal.aborted;
        let known = 0;
        while (!isOver()) {
            try {
                const options = { prefix: "", abortSignal: signal, localTimeoutMs: WAIT_MS_MAX };
                const query = { known: String(known) };
                const found = await this.#client.http.authedRequest<Told["Lobby"]>(
                    Method.Get, pathOf(this.#roomId, "lobby"), query, undefined, options,
                );
                if (isOver()) return;
                known = found.known;
                this.publish(found.waiting.map(({ id, name }) => ({ id, name })));
            } catch (error) {
                if (isOver()) return;
                const { code } = problemOf(error);
                // Who may not let anybody in has nobody to look for.
                if (code === "forbidden" || code === "sessionEnded" || code === "notFound") return;
                await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
            }
        }
    }
}
