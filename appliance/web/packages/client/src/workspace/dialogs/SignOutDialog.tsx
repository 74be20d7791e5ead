/** Signing out, which forgets everything here. */
import { Banner, Button, Dialog } from "@veche/kit";
import { useEngine, useServices, useStore, useT } from "../../app/context";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

export default function SignOutDialog() {
    const t = useT();
    const ui = useUi();
    const { session, router } = useServices();
    const { encryption } = useEngine();
    const { need, keysToBackUp } = useStore(encryption);
    const atRisk = need !== "nothing" || keysToBackUp > 0;
    const signOut = () => {
        ui.close();
        router.replace({ page: "home" });
        void session.signOut();
    };
    return (
        <Dialog
            open
            size="small"
            onClose={ui.close}
            title={t("signOut.title")}
            closeLabel={t("common.close")}
            description={t("signOut.text")}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {t("common.cancel")}
                    </Button>
                    <Button variant="danger" onClick={signOut} autoFocus>
                        {t("signOut.submit")}
                    </Button>
                </>
            }
        >
            <div className={styles.stack}>{atRisk && <Banner tone="warning">{keysToBackUp > 0 ? t("signOut.backingUp", { count: keysToBackUp }) : t("signOut.noBackup")}</Banner>}</div>
        </Dialog>
    );
}
