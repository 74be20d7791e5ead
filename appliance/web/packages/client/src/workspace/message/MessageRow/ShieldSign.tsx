/** What is to be said about where an encrypted message comes from. Most often nothing. */
import { Icon, Tooltip } from "@veche/kit";
import type { Shield } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useT } from "../../../app/context";
import styles from "./MessageRow.module.css";

export function ShieldSign({ roomId, eventId }: { readonly roomId: string; readonly eventId: string }) {
    const t = useT();
    const engine = useEngine();
    const [shield, setShield] = useState<Shield | null>(null);
    useEffect(() => {
        let here = true;
        engine.shield(roomId, eventId).then(
            (found) => {
                if (here) setShield(found);
            },
            () => undefined,
        );
        return () => {
            here = false;
        };
    }, [engine, roomId, eventId]);
    if (!shield) return null;
    const text = t(`shield.${shield.reason}`);
    return (
        <Tooltip text={text}>
            <span className={styles.shield} data-color={shield.color} tabIndex={0}>
                <Icon name="shield-alert" size={12} label={text} />
            </span>
        </Tooltip>
    );
}
