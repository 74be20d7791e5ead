/** One row of a timeline, whatever it is. */
import type { Item } from "@veche/protocol/engine";
import { useI18n } from "../../../app/context";
import { MessageRow } from "../../message/MessageRow/MessageRow";
import { ChangesRow } from "./ChangesRow";
import { StartRow } from "./StartRow";
import styles from "./Timeline.module.css";

interface Props {
    readonly item: Item;
    readonly roomId: string;
    readonly threadId: string | null;
    readonly marked: boolean;
}

export function ItemRow({ item, roomId, threadId, marked }: Props) {
    switch (item.type) {
        case "message":
            return <MessageRow message={item} roomId={roomId} threadId={threadId} marked={marked} />;
        case "changes":
            return <ChangesRow changes={item} />;
        case "day":
            return <DayRow ts={item.ts} />;
        case "unread":
            return <UnreadRow />;
        case "start":
            return threadId === null ? <StartRow roomId={roomId} /> : null;
    }
}

function DayRow({ ts }: { readonly ts: number }) {
    const { format } = useI18n();
    return (
        <div className={styles.day}>
            <time dateTime={new Date(ts).toISOString()}>{format.day(ts)}</time>
        </div>
    );
}

function UnreadRow() {
    const { t } = useI18n();
    return <div className={styles.unread}>{t("timeline.unread")}</div>;
}
