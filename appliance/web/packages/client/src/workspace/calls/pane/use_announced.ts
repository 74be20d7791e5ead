/** What happens in a call, for those who do not see it: who comes and goes, who raises a hand. */
import type { CallState } from "@veche/protocol/engine";
import { useState } from "react";
import { useT } from "../../../app/context";

export function useAnnounced({ participants }: CallState): string {
    const t = useT();
    const [told, setTold] = useState({ participants, text: "" });
    if (told.participants !== participants) {
        const before = new Map(told.participants.map((participant) => [participant.identity, participant]));
        const now = new Set(participants.map(({ identity }) => identity));
        const others = participants.filter(({ local }) => !local);
        const said = [
            // Who enters hears no list of those who are there: the tiles say it.
            ...(told.participants.length === 0 ? [] : others.filter(({ identity }) => !before.has(identity)).map(({ name }) => t("call.joined", { name }))),
            ...told.participants.filter(({ identity, local }) => !local && !now.has(identity)).map(({ name }) => t("call.left", { name })),
            ...others.filter(({ identity, handTs }) => handTs !== null && before.get(identity)?.handTs === null).map(({ name }) => t("call.raised", { name })),
        ];
        setTold({ participants, text: said.length > 0 ? said.join(". ") : told.text });
    }
    return told.text;
}
