/** Somebody or something: a picture, or letters on a color that is always the same. */
import { type ReactNode, useState } from "react";
import { classes } from "../classes";
import { colorIndex, firstLetter, initials } from "../identity";
import styles from "./Avatar.module.css";

/** Whether somebody is there. */
export type Presence = "online" | "away" | "busy" | "offline";

/** Pixels. */
export type AvatarSize = 16 | 20 | 24 | 32 | 40 | 56 | 80 | 120;

export interface AvatarProps {
    readonly name: string;
    /** What the color comes from: it stays when the name changes. */
    readonly id: string;
    readonly url?: string | null | undefined;
    readonly size?: AvatarSize | undefined;
    /** People are circles, rooms and spaces are squares. */
    readonly shape?: "circle" | "square" | undefined;
    readonly presence?: Presence | undefined;
    /** The presence in words; said after the name. */
    readonly presenceLabel?: string | undefined;
    /** The name stands beside it, so that screen readers need not say it twice. */
    readonly decorative?: boolean | undefined;
    readonly className?: string | undefined;
}

/** Smaller than this there is room for one letter. */
const TWO_LETTERS_PIXELS = 32;

export function Avatar(props: AvatarProps): ReactNode {
    const { name, id, url, size = 32, shape = "circle", presence, presenceLabel, decorative = false, className } = props;
    // A picture that does not come is remembered by its address: another one gets its chance.
    const [failed, setFailed] = useState<string | null>(null);
    const picture = url !== undefined && url !== null && url !== failed ? url : null;
    const letters = initials(name === "" ? id : name);
    const label = [name === "" ? id : name, presenceLabel].filter(Boolean).join(", ");
    const naming = decorative ? ({ "aria-hidden": true } as const) : { role: "img", "aria-label": label };
    return (
        <span
            className={classes(styles.avatar, className)}
            data-size={size}
            data-shape={shape}
            data-color={colorIndex(id) + 1}
            {...naming}
        >
            {picture === null ? (
                // A drawing of the name, not words: nobody reads them aloud, and no name has to contain them.
                <span className={styles.letters} data-letters={size < TWO_LETTERS_PIXELS ? firstLetter(letters) : letters} />
            ) : (
                <img
                    className={styles.picture}
                    src={picture}
                    alt=""
                    draggable={false}
                    onError={() => {
                        setFailed(picture);
                    }}
                />
            )}
            {presence !== undefined && <span className={styles.presence} data-presence={presence} />}
        </span>
    );
}
