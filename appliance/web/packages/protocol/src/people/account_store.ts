//! Me: profile, password, and what I am notified of in general.

import {
    type MatrixClient,
    PushRuleActionName,
    PushRuleKind,
    RuleId,
    TweakName,
    UserEvent,
} from "matrix-js-sdk/lib/matrix.js";
import { hasErrcode } from "../base/errcode";
import { keep } from "../base/equal";
import { Problem, problemOf } from "../base/problem";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { readableName } from "./names";

const MESSAGE_RULE: string = RuleId.Message;

/** Words that call me wherever they are written; more would be a filter on everything. */
export const KEYWORDS_MAX = 30;

export interface AccountState {
    readonly userId: string;
    readonly deviceId: string;
    readonly name: string;
    readonly avatar: string | null;
    readonly keywords: readonly string[];
    /** What rooms without a choice of their own notify of. */
    readonly general: "all" | "mentions";
}

export class AccountStore extends Store<AccountState> {
    readonly #client: MatrixClient;

    constructor(client: MatrixClient, scope: Scope) {
        super(stateOf(client, null));
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

function stateOf(client: MatrixClient, before: AccountState | null): AccountState {
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
        keywords: own.map((rule) => rule.pattern ?? ""),
        general: message && !message.actions.includes(PushRuleActionName.Notify) ? "mentions" : "all",
    };
}
