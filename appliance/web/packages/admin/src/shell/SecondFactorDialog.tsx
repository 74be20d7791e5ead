/** One's own second factor: the codes of an authenticator app beside the password, wherever one signs in. */
import { Banner, Button, CopyField, Dialog, QrCode, TextField, readableUri, useToasts } from "@veche/kit";
import { useState } from "react";
import { useApi, useMe, useServices, useT } from "../app/context";
import { type Task, useTask } from "../app/use_task";
import { withCode } from "@veche/protocol";
import styles from "../ui/ConfirmDialog.module.css";
import { ProofFields } from "../ui/ProofFields";

const PATH = "/api/account/v1/second_factor";

interface Offer {
    readonly secret: string;
    readonly uri: string;
}

export function SecondFactorDialog({ onClose }: { readonly onClose: () => void }) {
    const t = useT();
    const api = useApi();
    const me = useMe();
    const { session } = useServices();
    const toasts = useToasts();
    const task = useTask();
    // It changes with the answer; what was begun is ended all the same.
    const [isOn] = useState(me.second_factor);
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const [offer, setOffer] = useState<Offer | null>(null);
    const step = async () => {
        if (offer === null && !isOn) {
            setOffer(await api.post(PATH, { body: { password } }));
            return;
        }
        if (isOn) await api.delete(PATH, { body: { password: withCode(password, code) } });
        else await api.put(PATH, { body: { code: code.replace(/\s/g, "") } });
        toasts.show({ text: t(isOn ? "factor.isOff" : "factor.isOn"), tone: "success" });
        onClose();
        await session.refresh();
    };
    const isReady = offer === null ? password !== "" && (!isOn || code.trim() !== "") : code.trim() !== "";
    return (
        <Dialog
            open
            onClose={onClose}
            title={t("factor.title")}
            description={t(isOn ? "factor.on" : "factor.off")}
            closeLabel={t("common.close")}
            onSubmit={() => { if (isReady) void task.run(step); }}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose}>{t("common.cancel")}</Button>
                    <Button type="submit" variant={isOn ? "danger" : "primary"} busy={task.busy} disabled={!isReady}>
                        {t(isOn ? "factor.turnOff" : offer === null ? "common.next" : "factor.turnOn")}
                    </Button>
                </>
            }
        >
            <Content task={task} offer={offer} password={password} onPassword={setPassword} code={isOn ? code : null} onCode={setCode} shown={code} />
        </Dialog>
    );
}

interface ContentProps {
    readonly task: Task;
    readonly offer: Offer | null;
    readonly password: string;
    readonly onPassword: (password: string) => void;
    readonly code: string | null;
    readonly onCode: (code: string) => void;
    /** What was typed of the code of the new app. */
    readonly shown: string;
}

function Content({ task, offer, password, onPassword, code, onCode, shown }: ContentProps) {
    const t = useT();
    const { user_id: account } = useMe();
    return (
        <div className={styles.content}>
            {offer === null ? (
                <ProofFields label={t("confirm.password")} password={password} onPassword={onPassword} code={code} onCode={onCode} />
            ) : (
                <>
                    <p>{t("factor.scan")}</p>
                    <div className={styles.picture}>
                        <QrCode value={readableUri(offer.uri, account)} label={t("factor.qr")} />
                    </div>
                    <CopyField label={t("factor.secret")} value={offer.secret} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                    <TextField label={t("proof.code")} hint={t("factor.codeHint")} value={shown} onChange={onCode} inputMode="numeric" autoComplete="one-time-code" maxLength={9} autoFocus />
                </>
            )}
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
        </div>
    );
}
