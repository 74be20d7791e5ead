/** One thread: a timeline of its own with its own composer. */
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { Composer } from "../../composer/Composer/Composer";
import { DropZone } from "../../composer/DropZone/DropZone";
import { Timeline } from "../../timeline/Timeline/Timeline";
import { PanelFrame } from "../PanelView/PanelView";
import styles from "./Thread.module.css";

interface Props {
    readonly roomId: string;
    readonly rootId: string;
    readonly eventId: string | null;
}

export function Thread({ roomId, rootId, eventId }: Props) {
    const t = useT();
    const router = useRouter();
    const room = useStore(useEngine().room(roomId));
    return (
        <PanelFrame title={t("thread.title")} back={() => { router.panel({ kind: "threads" }); }} fixed>
            <DropZone roomId={roomId} threadId={rootId} className={styles.thread}>
                <Timeline roomId={roomId} threadId={rootId} eventId={eventId} />
                {room.can.send && <Composer roomId={roomId} threadId={rootId} />}
            </DropZone>
        </PanelFrame>
    );
}
