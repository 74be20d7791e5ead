/** The emoji picker beside a button. Its code and data come when it opens. */
import { Popover, Spinner } from "@veche/kit";
import { type RefObject, Suspense, lazy } from "react";
import { useT } from "../../app/context";
import { rememberEmoji } from "./emoji_data";
import styles from "./Emoji.module.css";

const EmojiPicker = lazy(() => import("./EmojiPicker"));

interface Props {
    readonly open: boolean;
    readonly onClose: () => void;
    readonly anchor: RefObject<HTMLElement | null>;
    readonly onPick: (shape: string) => void;
}

export function EmojiPopover({ open, onClose, anchor, onPick }: Props) {
    const t = useT();
    if (!open) return null;
    const pick = (shape: string) => {
        rememberEmoji(shape);
        onClose();
        onPick(shape);
    };
    return (
        <Popover open onClose={onClose} label={t("emoji.label")} anchor={anchor} placement="top-end">
            <Suspense fallback={<div className={styles.loading}><Spinner label={t("common.loading")} /></div>}>
                <EmojiPicker onPick={pick} />
            </Suspense>
        </Popover>
    );
}
