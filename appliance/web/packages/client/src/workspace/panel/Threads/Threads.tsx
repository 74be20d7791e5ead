/** All threads of a room. */
import { Banner, Button, CountBadge, EmptyState, Spinner } from "@veche/kit";
import type { ThreadEntry } from "@veche/protocol/engine";
import { useEngine, useI18n, useRouter, useStore, useT } from "../../../app/context";
import { problemText } from "../../../app/problems";
import { PersonAvatar } from "../../Avatars/Avatars";
import { bodyLine } from "../../message/body_text";
import { PanelFrame } from "../PanelView/PanelView";
import styles from "./Threads.module.css";

export function Threads({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const store = useEngine().threads(roomId);
    const { phase, problem, threads } = useStore(store);
    return (
        <PanelFrame title={t("panel.threads")}>
            {phase === "failed" && (
                <Banner tone="danger" action={<Button size="small" onClick={() => void store.load()}>{t("common.retry")}</Button>}>
                    {problemText(t, problem ?? "unknown")}
                </Banner>
            )}
            {threads.length === 0 && phase === "loading" && <div className={styles.loading}><Spinner label={t("common.loading")} /></div>}
            {threads.length === 0 && phase === "ready" && <EmptyState icon="thread" level={3} title={t("threads.emptyTitle")} text={t("threads.emptyText")} />}
            <ul>
                {threads.map((thread) => (
                    <Row key={thread.rootId} thread={thread} />
                ))}
            </ul>
        </PanelFrame>
    );
}

function Row({ thread }: { readonly thread: ThreadEntry }) {
    const { t, format } = useI18n();
    const router = useRouter();
    return (
        <li>
            <button type="button" className={styles.row} onClick={() => { router.panel({ kind: "thread", rootId: thread.rootId, eventId: null }); }}>
                <PersonAvatar id={thread.sender.id} name={thread.sender.name} picture={thread.sender.avatar} size={32} />
                <span className={styles.words}>
                    <span className={styles.first}>
                        <span className={styles.name}>{thread.sender.name}</span>
                        <span className={styles.time}>{format.relative(thread.ts)}</span>
                    </span>
                    <span className={styles.root}>{bodyLine(t, thread.body)}</span>
                    <span className={styles.last}>
                        <span>{t("thread.replies", { count: thread.replies })}</span>
                        {thread.last && <span className={styles.lastText}>{`${thread.last.sender.name}: ${bodyLine(t, thread.last.body)}`}</span>}
                    </span>
                </span>
                <CountBadge count={thread.unread} tone={thread.mentions > 0 ? "accent" : "neutral"} label={t("list.unread", { count: thread.unread })} />
            </button>
        </li>
    );
}
