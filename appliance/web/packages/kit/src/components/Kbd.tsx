/** Keys to press. */
import { Fragment, type ReactNode } from "react";
import { isApple, signs } from "../keys";
import styles from "./Kbd.module.css";

/** `keys` as in the code: `"Mod+K"`. */
export function Kbd({ keys }: { readonly keys: string }): ReactNode {
    const apple = isApple();
    return (
        <kbd className={styles.keys}>
            {signs(keys, apple).map((sign, index) => (
                <Fragment key={sign}>
                    {index > 0 && !apple && <span className={styles.plus}>+</span>}
                    <kbd className={styles.key}>{sign}</kbd>
                </Fragment>
            ))}
        </kbd>
    );
}
