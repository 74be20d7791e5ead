/** Accounts that are signed in here, below the form to sign in with another one, or again with `except`. */
import { Avatar, Icon } from "@veche/kit";
import { useServices, useStore, useT } from "../app/context";
import styles from "./GoOnAs.module.css";

export function GoOnAs({ except = null }: { readonly except?: string | null }) {
    const t = useT();
    const { session } = useServices();
    const profiles = useStore(session.accounts).profiles.filter(({ userId }) => userId !== except);
    if (profiles.length === 0) return null;
    return (
        <section className={styles.accounts} aria-labelledby="go-on-as">
            <h2 id="go-on-as" className={styles.title}>
                {t("accounts.goOn")}
            </h2>
            <ul>
                {profiles.map(({ id, name, userId }) => (
                    <li key={id}>
                        <button type="button" className={styles.account} onClick={() => void session.switchTo(id)}>
                            <Avatar id={userId} name={name} url={null} size={32} decorative />
                            <span className={styles.words}>
                                <span className={styles.name}>{name}</span>
                                {name !== userId && <span className={styles.id}>{userId}</span>}
                            </span>
                            <Icon name="arrow-right" size={16} />
                        </button>
                    </li>
                ))}
            </ul>
        </section>
    );
}
