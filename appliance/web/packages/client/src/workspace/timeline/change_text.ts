/** Changes of a room in words. */
import type { Told } from "@veche/protocol/engine";
import type { T } from "../../app/context";

const JOIN_RULES = ["public", "invite", "knock", "restricted"] as const;
const HISTORIES = ["world_readable", "shared", "invited", "joined"] as const;

function joinRuleText(t: T, rule: string, actor: string): string {
    const known = JOIN_RULES.find((candidate) => candidate === rule) ?? "invite";
    return t(`change.joinRule.${known}`, { actor });
}

function historyText(t: T, history: string, actor: string): string {
    const known = HISTORIES.find((candidate) => candidate === history) ?? "shared";
    return t(`change.history.${known}`, { actor });
}

export function changeText(t: T, { actor: { name: actor }, change }: Told): string {
    switch (change.what) {
        case "invited":
        case "kicked":
        case "banned":
        case "unbanned":
        case "inviteWithdrawn": {
            const text = t(`change.${change.what}`, { actor, target: change.target.name });
            return change.reason === null ? text : t("change.withReason", { text, reason: change.reason });
        }
        case "renamedSelf":
            if (change.to === null) return t("change.nameRemoved", { actor });
            return t("change.renamedSelf", { from: change.from ?? actor, to: change.to });
        case "name":
            return change.value === null ? t("change.roomNameRemoved", { actor }) : t("change.name", { actor, value: change.value });
        case "topic":
            return change.value === null ? t("change.topicRemoved", { actor }) : t("change.topic", { actor, value: change.value });
        case "joinRule":
            return joinRuleText(t, change.value, actor);
        case "historyVisibility":
            return historyText(t, change.value, actor);
        case "upgraded":
        case "created":
        case "encryptionOn":
        case "avatar":
        case "powers":
        case "pinned":
        case "serverRules":
        case "aliases":
        case "joined":
        case "left":
        case "knocked":
        case "inviteDeclined":
        case "profileAvatar":
            return t(`change.${change.what}`, { actor });
    }
}
