/** The people of a room with what they may do. */
import { Badge, Banner, Button, Spinner, TextField } from "@veche/kit";
import type { Member } from "@veche/protocol/engine";
import { useState } from "react";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { problemText } from "../../../app/problems";
import { PersonAvatar } from "../../Avatars/Avatars";
import { useUi } from "../../ui/ui_store";
import { PanelFrame } from "../PanelView/PanelView";
import styles from "./Members.module.css";

const GROUPS = ["join", "invite", "knock", "ban"] as const;

export function Members({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useUi();
    const engine = useEngine();
    const store = engine.members(roomId);
    const room = useStore(engine.room(roomId));
    const { phase, problem, members } = useStore(store);
    const [query, setQuery] = useState("");
    const wanted = query.trim().toLocaleLowerCase();
    const found = members.filter(({ name, id }) => name.toLocaleLowerCase().includes(wanted) || id.toLocaleLowerCase().includes(wanted));
    return (
        <PanelFrame title={t("panel.members")}>
            <div className={styles.tools}>
                <TextField label={t("members.search")} hideLabel placeholder={t("members.search")} type="search" icon="search" value={query} onChange={setQuery} clearLabel={t("common.clear")} />
                {room.can.invite && (
                    <Button variant="primary" icon="user-add" onClick={() => { ui.open({ kind: "invite", roomId }); }}>
                        {t("panel.invite")}
                    </Button>
                )}
            </div>
            {phase === "failed" && (
                <Banner tone="danger" action={<Button size="small" onClick={() => void store.load()}>{t("common.retry")}</Button>}>
                    {problemText(t, problem ?? "unknown")}
                </Banner>
            )}
            {GROUPS.map((membership) => (
                <Group key={membership} membership={membership} members={found.filter((member) => member.membership === membership)} />
            ))}
            {phase === "loading" && <div className={styles.loading}><Spinner label={t("common.loading")} /></div>}
        </PanelFrame>
    );
}

function Group({ membership, members }: { readonly membership: Member["membership"]; readonly members: readonly Member[] }) {
    const t = useT();
    if (members.length === 0) return null;
    return (
        <section>
            <h3 className={styles.group}>{t(`members.${membership}`, { count: members.length })}</h3>
            <ul>
                {members.map((member) => (
                    <Row key={member.id} member={member} />
                ))}
            </ul>
        </section>
    );
}

function Row({ member }: { readonly member: Member }) {
    const t = useT();
    const router = useRouter();
    return (
        <li className={styles.item}>
            <button type="button" className={styles.row} onClick={() => { router.panel({ kind: "person", userId: member.id }); }}>
                <PersonAvatar id={member.id} name={member.name} picture={member.avatar} size={32} presence={member.presence} />
                <span className={styles.words}>
                    <span className={styles.name}>
                        {member.name}
                        {member.me && <span className={styles.you}> ({t("members.you")})</span>}
                    </span>
                    <span className={styles.id}>{member.id}</span>
                </span>
                {member.bot && <Badge>{t("members.bot")}</Badge>}
                {member.external && <Badge tone="warning">{t(member.guest ? "members.guest" : "members.external")}</Badge>}
                {member.role !== "member" && <Badge tone={member.role === "muted" ? "neutral" : "accent"}>{t(`role.${member.role}`)}</Badge>}
            </button>
        </li>
    );
}
