/** No room is open. */
import { Button, EmptyState } from "@veche/kit";
import { useEngine, useStore, useT } from "../../app/context";
import { useUi } from "../ui/ui_store";
import styles from "./Home.module.css";

export function Home() {
    const t = useT();
    const ui = useUi();
    const { account } = useEngine();
    const { name } = useStore(account);
    return (
        <main className={styles.home}>
            <EmptyState
                level={1}
                icon="chat"
                title={t("home.title", { name })}
                text={t("home.text")}
                action={
                    <div className={styles.actions}>
                        <Button variant="primary" icon="user-add" onClick={() => { ui.open({ kind: "newChat" }); }}>
                            {t("list.newChat")}
                        </Button>
                        <Button icon="hash" onClick={() => { ui.open({ kind: "browse" }); }}>
                            {t("list.browse")}
                        </Button>
                    </div>
                }
            />
        </main>
    );
}
