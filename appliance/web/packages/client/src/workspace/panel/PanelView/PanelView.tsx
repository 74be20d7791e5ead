/** What stands beside a room. */
import { IconButton } from "@veche/kit";
import type { ReactNode } from "react";
import { useRouter, useT } from "../../../app/context";
import type { Panel } from "../../../app/router";
import { Info } from "../Info/Info";
import { Members } from "../Members/Members";
import { Person } from "../Person/Person";
import { Pinned } from "../Pinned/Pinned";
import { Thread } from "../Thread/Thread";
import { Threads } from "../Threads/Threads";
import styles from "./PanelView.module.css";

export function PanelView({ roomId, panel }: { readonly roomId: string; readonly panel: Panel }) {
    switch (panel.kind) {
        case "info":
            return <Info roomId={roomId} />;
        case "members":
            return <Members roomId={roomId} />;
        case "threads":
            return <Threads roomId={roomId} />;
        case "pinned":
            return <Pinned roomId={roomId} />;
        case "thread":
            return <Thread key={panel.rootId} roomId={roomId} rootId={panel.rootId} eventId={panel.eventId} />;
        case "person":
            return <Person key={panel.userId} roomId={roomId} userId={panel.userId} />;
    }
}

interface FrameProps {
    readonly title: string;
    /** Back to the list that this was opened from. */
    readonly back?: (() => void) | undefined;
    readonly actions?: ReactNode;
    /** Its content scrolls by itself. */
    readonly fixed?: boolean | undefined;
    readonly children: ReactNode;
}

/** The frame of every panel. */
export function PanelFrame({ title, back, actions, fixed = false, children }: FrameProps) {
    const t = useT();
    const router = useRouter();
    return (
        <aside className={styles.panel} aria-label={title}>
            <header className={styles.head}>
                {back && <IconButton icon="arrow-left" label={t("panel.back")} tooltip={false} onClick={back} />}
                <h2 className={styles.title}>{title}</h2>
                {actions}
                <IconButton icon="close" label={t("common.close")} tooltip={false} onClick={() => { router.panel(null); }} />
            </header>
            <div className={fixed ? styles.fixed : styles.body}>{children}</div>
        </aside>
    );
}
