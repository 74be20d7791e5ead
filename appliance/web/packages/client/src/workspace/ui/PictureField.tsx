/** A picture of somebody or something, to be changed. */
import { Button } from "@veche/kit";
import { type ReactNode, useRef } from "react";
import { useT } from "../../app/context";
import styles from "./PictureField.module.css";

interface Props {
    readonly picture: ReactNode;
    readonly has: boolean;
    readonly busy?: boolean;
    readonly onChange: (file: File | null) => void;
}

export function PictureField({ picture, has, busy = false, onChange }: Props) {
    const t = useT();
    const input = useRef<HTMLInputElement>(null);
    return (
        <div className={styles.field}>
            {picture}
            <Button size="small" icon="camera" busy={busy} onClick={() => input.current?.click()}>
                {t("picture.choose")}
            </Button>
            {has && (
                <Button size="small" variant="ghost" icon="trash" onClick={() => { onChange(null); }}>
                    {t("picture.remove")}
                </Button>
            )}
            <input
                ref={input}
                type="file"
                accept="image/png,image/jpeg,image/gif,image/webp,image/avif"
                hidden
                onChange={(event) => {
                    const file = event.target.files?.[0];
                    event.target.value = "";
                    if (file) onChange(file);
                }}
            />
        </div>
    );
}
