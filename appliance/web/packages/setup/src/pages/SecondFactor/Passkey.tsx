/** A passkey for the owner, on a page that was opened under the server's name: it needs neither password nor code. */
import { Banner, Button } from "@veche/kit";
import { Problem, makePasskey, passkeysWorkHere } from "@veche/protocol";
import { useState } from "react";
import { useServices, useT } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import type { SetupState } from "../../api/types";
import styles from "./SecondFactor.module.css";

/** The answers of an authenticator that have words of their own. */
const WORDS = { passkeyNotShown: "second.passkeyNotMade", passkeyKnown: "second.passkeyKnown" } as const;

export function Passkey({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { wizard } = useServices();
    const { send } = useAnswer("owner", answers, "second-factor");
    const [busy, setBusy] = useState(false);
    const [failed, setFailed] = useState<string | null>(null);
    if (!passkeysWorkHere(answers.passkey_name)) return <p className={styles.later}>{t("second.passkeyLater")}</p>;
    const make = async () => {
        setBusy(true);
        setFailed(null);
        try {
            const offer = await wizard.request("owner", (api, token) => api.offerPasskey(token));
            if (offer === null) return;
            const credential = await makePasskey(offer.options as Record<string, unknown>);
            await send((api, token) => api.putPasskey(token, credential, t("second.passkeyName")));
        } catch (thrown) {
            const code = thrown instanceof Problem ? thrown.code : "";
            setFailed(t(code in WORDS ? WORDS[code as keyof typeof WORDS] : "second.passkeyFailed"));
        } finally {
            setBusy(false);
        }
    };
    return (
        <section className={styles.passkey}>
            <h2 className={styles.heading}>{t("second.passkeyTitle")}</h2>
            <p>{t("second.passkeyText")}</p>
            {failed !== null && <Banner tone="danger">{failed}</Banner>}
            <div>
                <Button icon="key" variant="primary" size="large" busy={busy} onClick={() => void make()}>
                    {t("second.passkeyMake")}
                </Button>
            </div>
            <h2 className={styles.heading}>{t("second.codeTitle")}</h2>
        </section>
    );
}
