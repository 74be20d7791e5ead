/** What happened to the room between messages, folded when it is much. */
import { Icon } from "@veche/kit";
import type { Changes } from "@veche/protocol/engine";
import { memo, useState } from "react";
import { useI18n } from "../../../app/context";
import { changeText } from "../change_text";
import styles from "./Timeline.module.css";

/** More than this many are folded. */
const SHOWN_MAX = 2;

export const ChangesRow = memo(function ChangesRow({ changes }: { readonly changes: Changes }) {
    const { t, format } = useI18n();
    const [open, setOpen] = useState(false);
    const { told } = changes;
    const folds = told.length > SHOWN_MAX;
    const last = told.at(-1);
    return (
        <div className={styles.changes}>
            {folds && (
                <button type="button" className={styles.fold} aria-expanded={open} onClick={() => { setOpen(!open); }}>
                    <Icon name={open ? "chevron-down" : "chevron-right"} size={12} />
                    <span className={styles.count}>{t("changes.folded", { count: told.length })}</span>
                    {!open && last && <span className={styles.lastChange}>{changeText(t, last)}</span>}
                </button>
            )}
            {(!folds || open) &&
                told.map((change) => (
                    <p key={change.eventId} className={styles.change} title={format.dateTime(change.ts)}>
                        {changeText(t, change)}
                    </p>
                ))}
        </div>
    );
});
