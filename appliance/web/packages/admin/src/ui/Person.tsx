/** Somebody in a row: picture, name, address. */
import { Avatar } from "@veche/kit";
import { nameOf } from "./name_of";
import styles from "./Person.module.css";

export function Person({ userId, displayName, size = 32 }: { readonly userId: string; readonly displayName: string | null; readonly size?: 32 | 40 }) {
    return (
        <span className={styles.person}>
            <Avatar name={nameOf(userId, displayName)} id={userId} size={size} decorative />
            <span className={styles.words}>
                <bdi className={styles.name}>{nameOf(userId, displayName)}</bdi>
                <span className={styles.id}>{userId}</span>
            </span>
        </span>
    );
}
