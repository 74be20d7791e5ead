//! Me: profile, password, and what I am notified of in general.

import {
    type MatrixClient,
    Method,
    PushRuleActionName,
    PushRuleKind,
    RuleId,
    TweakName,
    UserEvent,
} from "matrix-js-sdk/lib/matrix.js";
import { hasErrcode } from "../base/errcode";
import { keep } from "../base/equal";
import { Problem, type ProblemCode, problemOf } from "../base/problem";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { makePasskey } from "../session/passkeys";
import { digitsOf, withCode } from "../session/with_code";
import { readableName } from "./names";

const MESSAGE_RULE: string = RuleId.Message;

/** Words that call me wherever they are written; more would be a filter on everything. */
export const KEYWORDS_MAX = 30;

/** Veche's own API; the rest of this file is the specification's. */
const SECOND_FACTOR = "/api/account/v1/second_factor";

/** Refusals that fit no state of the second factor but another one than is known here. */
const STALE: ReadonlySet<ProblemCode> = new Set(["codeNeeded", "notFound", "unknown"]);

const PASSKEYS = "/api/account/v1/passkeys";

/** One of my passkeys. */
export interface OwnPasskey {
    readonly id: string;
    /** What I call it. */
    readonly name: string;
    readonly createdTs: number;
    /** When it was last shown; null: never. */
    readonly usedTs: number | null;
}

/** A secret for an authenticator app; shown this once. */
export interface SecondFactorOffer {
    /** As it is typed into the app. */
    readonly secret: string;
    /** As the app reads it from a picture. */
    readonly uri: string;
}

interface ToldPasskey {
    readonly id: string;
    readonly name: string;
    readonly created_ms: number;
    readonly used_ms: number | null;
}

export interface AccountState {
    readonly userId: string;
    readonly deviceId: string;
    readonly name: string;
    readonly avatar: string | null;
    /** Whether the code of an authenticator app is asked for beside the password; null: that is not known. */
    readonly secondFactor: boolean | null;
    readonly keywords: readonly string[];
    /** What rooms without a choice of their own notify of. */
    readonly general: "all" | "mentions";
}

export class AccountStore extends Store<AccountState> {
    readonly #client: MatrixClient;

    /** `before`: who I was at the last visit. */
    constructor(client: MatrixClient, scope: Scope, before: Pick<AccountState, "name" | "avatar"> | null) {
        super(stateOf(client, before));
        this.#client = client;
        const me = client.getSafeUserId();
        listen(scope, client, UserEvent.DisplayName, (_, user) => {
            if (user.userId === me) this.refresh();
        });
        listen(scope, client, UserEvent.AvatarUrl, (_, user) => {
            if (user.userId === me) this.refresh();
        });
    }

    refresh(): void {
        this.publish(keep(this.getSnapshot(), stateOf(this.#client, this.getSnapshot())));
    }

    /** Fetches the profile, which a fresh session does not know before it is in a room. */
    async load(): Promise<void> {
        const me = this.#client.getSafeUserId();
        const profile = await this.#client.getProfileInfo(me).catch(() => null);
        if (!profile) return;
        const { displayname: name, avatar_url: avatar } = profile;
        this.publish({ ...this.getSnapshot(), name: readableName(me, name, me), avatar: avatar ?? null });
    }

    async rename(name: string): Promise<void> {
        const me = this.#client.getSafeUserId();
        await this.#attempt(async () => {
            await this.#client.setDisplayName(name.trim());
            this.publish({ ...this.getSnapshot(), name: readableName(me, name.trim(), me) });
        });
    }

    async setAvatar(file: File | null): Promise<void> {
        await this.#attempt(async () => {
            const url = file ? (await this.#client.uploadContent(file, { type: file.type, includeFilename: false })).content_uri : "";
            await this.#client.setAvatarUrl(url);
            this.publish({ ...this.getSnapshot(), avatar: url || null });
        });
    }

    /** Changes the password; other sessions stay signed in unless told otherwise. */
    async changePassword(before: string, now: string, signOutOthers: boolean): Promise<void> {
        const identifier = { type: "m.id.user", user: this.#client.getSafeUserId() };
        const auth = { type: "m.login.password", identifier, password: before };
        try {
            await this.#client.setPassword(auth, now, signOutOthers);
        } catch (error) {
            const refused = (error as { httpStatus?: number }).httpStatus === 401 || hasErrcode(error, "M_FORBIDDEN");
            throw refused ? new Problem("wrongPassword", { cause: error }) : problemOf(error);
        }
    }

    /** Asks whether there is a second factor. */
    async lookAtSecondFactor(): Promise<void> {
        try {
            const { on } = await this.#own<{ on: boolean }>(Method.Get, SECOND_FACTOR);
            this.#tellFactor(on);
        } catch (error) {
            const problem = problemOf(error);
            // A server of another make, which has no words for it.
            if (problem.code !== "notFound" && !hasErrcode(error, "M_UNRECOGNIZED")) throw problem;
            this.#tellFactor(null);
        }
    }

    /** Asks for a secret; it holds once a code of it was shown. */
    offerSecondFactor(password: string): Promise<SecondFactorOffer> {
        return this.#prove<SecondFactorOffer>(Method.Post, { password });
    }

    async turnSecondFactorOn(code: string): Promise<void> {
        await this.#prove(Method.Put, { code: digitsOf(code) });
        this.#tellFactor(true);
    }

    async turnSecondFactorOff(password: string, code: string): Promise<void> {
        await this.#prove(Method.Delete, { password: withCode(password, code) });
        this.#tellFactor(false);
    }

    /** My passkeys, oldest first; null: this server knows of none. */
    async passkeys(): Promise<readonly OwnPasskey[] | null> {
        try {
            const { passkeys } = await this.#own<{ passkeys: readonly ToldPasskey[] }>(Method.Get, PASSKEYS);
            return passkeys.map(({ id, name, created_ms: createdTs, used_ms: usedTs }) => ({ id, name, createdTs, usedTs }));
        } catch (error) {
            if (hasErrcode(error, "M_UNRECOGNIZED")) return null;
            throw problemOf(error);
        }
    }

    /** Lets an authenticator make a passkey that opens my account from now on. */
    async addPasskey(password: string, name: string): Promise<void> {
        const { options } = await this.#prove<{ options: Record<string, unknown> }>(Method.Post, { password }, PASSKEYS);
        const credential = await makePasskey(options);
        await this.#prove(Method.Put, { credential, name }, PASSKEYS);
    }

    async removePasskey(id: string, password: string): Promise<void> {
        await this.#prove(Method.Delete, { password }, `${PASSKEYS}/${encodeURIComponent(id)}`);
    }

    async #prove<T>(method: Method, body: Record<string, unknown>, path = SECOND_FACTOR): Promise<T> {
        try {
            return await this.#own<T>(method, path, body);
        } catch (error) {
            const problem = problemOf(error);
            // It was turned on or off elsewhere meanwhile: what is told of it here is old.
            if (path === SECOND_FACTOR && STALE.has(problem.code)) await this.lookAtSecondFactor().catch(() => undefined);
            throw problem.code === "forbidden" ? new Problem("ownPasswordWrong", { cause: error }) : problem;
        }
    }

    #own<T>(method: Method, path: string, body?: Record<string, unknown>): Promise<T> {
        return this.#client.http.authedRequest<T>(method, path, undefined, body, { prefix: "" });
    }

    #tellFactor(secondFactor: boolean | null): void {
        this.publish({ ...this.getSnapshot(), secondFactor });
    }

    /** Messages in rooms without a choice of their own: all of them notify, or only those that call me. */
    async setGeneral(general: AccountState["general"]): Promise<void> {
        const actions =
            general === "all" ? [PushRuleActionName.Notify, { set_tweak: TweakName.Sound as const, value: "default" }] : [];
        await this.#attempt(async () => {
            for (const rule of [RuleId.Message, RuleId.EncryptedMessage]) {
                await this.#client.setPushRuleActions("global", PushRuleKind.Underride, rule, actions);
            }
            await this.#rules();
        });
    }

    async setKeywords(keywords: readonly string[]): Promise<void> {
        const wanted = [...new Set(keywords.map((word) => word.trim()).filter(Boolean))].slice(0, KEYWORDS_MAX);
        const before = this.getSnapshot().keywords;
        await this.#attempt(async () => {
            for (const word of before) {
                if (!wanted.includes(word)) await this.#client.deletePushRule("global", PushRuleKind.ContentSpecific, word);
            }
            for (const word of wanted) {
                if (before.includes(word)) continue;
                await this.#client.addPushRule("global", PushRuleKind.ContentSpecific, word, {
                    pattern: word,
                    actions: [PushRuleActionName.Notify, { set_tweak: TweakName.Highlight }],
                });
            }
            await this.#rules();
        });
    }

    async #rules(): Promise<void> {
        this.#client.setPushRules(await this.#client.getPushRules());
        this.refresh();
    }

    async #attempt(work: () => Promise<void>): Promise<void> {
        try {
            await work();
        } catch (error) {
            throw problemOf(error);
        }
    }
}

function stateOf(client: MatrixClient, before: Partial<AccountState> | null): AccountState {
    const userId = client.getSafeUserId();
    const user = client.getUser(userId);
    const rules = client.pushRules?.global;
    const own = (rules?.content ?? []).filter((rule) => !rule.default && rule.enabled && rule.pattern);
    const message = rules?.underride?.find((rule) => rule.rule_id === MESSAGE_RULE);
    return {
        userId,
        deviceId: client.getDeviceId() ?? "",
        name: readableName(userId, user?.rawDisplayName ?? before?.name, userId),
        avatar: user?.avatarUrl ?? before?.avatar ?? null,
        secondFactor: before?.secondFactor ?? null,
        keywords: own.map((rule) => rule.pattern ?? ""),
        general: message && !message.actions.includes(PushRuleActionName.Notify) ? "mentions" : "all",
    };
}
