/** What its writer hid until somebody wants to see it. */
import { type ReactNode, useState } from "react";
import { useT } from "../../../app/context";
import styles from "./Html.module.css";

export function Spoiler({ reason, children }: { readonly reason: string; readonly children: ReactNode }) {
    const t = useT();
    const [shown, setShown] = useState(false);
    if (shown) return <span className={styles.spoilerShown}>{children}</span>;
    return (
        <button type="button" className={styles.spoiler} onClick={() => { setShown(true); }}>
            {reason === "" ? t("message.spoiler") : t("message.spoilerOf", { reason })}
        </button>
    );
}
