/** Files that are dragged into a room. */
import { Icon, classes } from "@veche/kit";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useEngine, useStore, useT } from "../../../app/context";
import styles from "./DropZone.module.css";

interface Props {
    readonly roomId: string;
    readonly threadId: string | null;
    readonly className?: string | undefined;
    readonly children: ReactNode;
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

export function DropZone({ roomId, threadId, className, children }: Props) {
    const t = useT();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const [over, setOver] = useState(false);
    // Entering a child comes before leaving its parent.
    const depth = useRef(0);
    const end = () => {
        depth.current = 0;
        setOver(false);
    };
    const drop = (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        end();
        const files = [...event.dataTransfer.files];
        if (room.can.send && files.length > 0) engine.uploads.add(roomId, threadId, files);
    };
    return (
        <div
            className={classes(styles.zone, className)}
            onDragEnter={(event) => {
                if (!hasFiles(event) || !room.can.send) return;
                depth.current += 1;
                setOver(true);
            }}
            onDragLeave={() => {
                depth.current -= 1;
                if (depth.current <= 0) end();
            }}
            onDragOver={(event) => {
                if (hasFiles(event)) event.preventDefault();
            }}
            onDrop={drop}
        >
            {children}
            {over && (
                <div className={styles.hint}>
                    <Icon name="upload" size={32} />
                    <p>{t("upload.drop", { name: room.name })}</p>
                </div>
            )}
        </div>
    );
}
