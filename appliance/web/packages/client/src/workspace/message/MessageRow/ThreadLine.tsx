/** The thread below a message, in one line. */
import { CountBadge, Icon } from "@veche/kit";
import type { ThreadSummary } from "@veche/protocol/engine";
import { useEngine, useI18n, useRouter } from "../../../app/context";
import { PersonAvatar } from "../../Avatars/Avatars";
import { bodyLine } from "../body_text";
import styles from "./MessageRow.module.css";

export function ThreadLine({ thread }: { readonly thread: ThreadSummary }) {
    const { t, format } = useI18n();
    const router = useRouter();
    const { guest } = useEngine();
    const { last } = thread;
    // There is no place for threads beside a guest's call.
    if (guest) return null;
    return (
        <button type="button" className={styles.thread} onClick={() => { router.panel({ kind: "thread", rootId: thread.rootId, eventId: null }); }}>
            <Icon name="thread" size={16} />
            <span className={styles.threadCount}>{t("thread.replies", { count: thread.replies })}</span>
            {last && (
                <>
                    <PersonAvatar id={last.sender.id} name={last.sender.name} picture={last.sender.avatar} size={20} />
                    <span className={styles.threadLast}>{bodyLine(t, last.body)}</span>
                    <span className={styles.time}>{format.relative(last.ts)}</span>
                </>
            )}
            <CountBadge count={thread.unread} tone={thread.mentions > 0 ? "accent" : "neutral"} label={t("list.unread", { count: thread.unread })} />
        </button>
    );
}
