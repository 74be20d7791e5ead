//! What a room notifies of, as one choice: it stands in push rules (spec "Push rules"), which all of the user's clients share.

import { ConditionKind, type MatrixClient, PushRuleActionName, PushRuleKind } from "matrix-js-sdk/lib/matrix.js";

export type NotificationMode = "default" | "all" | "mentions" | "mute";

const notifies = (actions: readonly unknown[]): boolean => actions.includes(PushRuleActionName.Notify);

/** Whether an override rule silences this whole room. */
function overrideMutes(client: MatrixClient, roomId: string): boolean {
    const rules = client.pushRules?.global.override ?? [];
    return rules.some((rule) => {
        const [condition] = rule.conditions ?? [];
        const room = rule.conditions?.length === 1 && condition?.kind === ConditionKind.EventMatch && condition.key === "room_id";
        return rule.enabled && room && condition.pattern === roomId && !notifies(rule.actions);
    });
}

export function notificationMode(client: MatrixClient, roomId: string): NotificationMode {
    if (overrideMutes(client, roomId)) return "mute";
    const rule = client.pushRules?.global.room?.find((known) => known.rule_id === roomId && known.enabled);
    if (!rule) return "default";
    return notifies(rule.actions) ? "all" : "mentions";
}

async function remove(client: MatrixClient, roomId: string): Promise<void> {
    const rules = client.pushRules?.global;
    if (rules?.override?.some((rule) => rule.rule_id === roomId)) {
        await client.deletePushRule("global", PushRuleKind.Override, roomId);
    }
    if (rules?.room?.some((rule) => rule.rule_id === roomId)) {
        await client.deletePushRule("global", PushRuleKind.RoomSpecific, roomId);
    }
}

/** Sets the mode. The former rules go first, so that what fails in between leaves the default, which loses nothing. */
export async function setNotificationMode(client: MatrixClient, roomId: string, mode: NotificationMode): Promise<void> {
    await remove(client, roomId);
    if (mode === "mute") {
        await client.addPushRule("global", PushRuleKind.Override, roomId, {
            actions: [],
            conditions: [{ kind: ConditionKind.EventMatch, key: "room_id", pattern: roomId }],
        } as never);
    } else if (mode === "mentions") {
        await client.addPushRule("global", PushRuleKind.RoomSpecific, roomId, { actions: [] });
    } else if (mode === "all") {
        await client.addPushRule("global", PushRuleKind.RoomSpecific, roomId, { actions: [PushRuleActionName.Notify] });
    }
    client.setPushRules(await client.getPushRules());
}
