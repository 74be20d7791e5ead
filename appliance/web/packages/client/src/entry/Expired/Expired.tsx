/** The session wants its password again. Nothing is lost meanwhile: keys and drafts are on this device. */
import { Banner, Button, Dialog, TextField } from "@veche/kit";
import { type SubmitEvent, useState } from "react";
import { useServices, useT } from "../../app/context";
import { PasskeyInstead } from "../../app/passkeys";
import { useTask } from "../../app/use_task";
import { GoOnAs } from "../../offline/GoOnAs";
import { Frame } from "../Frame/Frame";
import form from "../form.module.css";
import { useCode } from "../use_code";

export function Expired({ userId, why }: { readonly userId: string; readonly why: "expired" | "locked" }) {
    const t = useT();
    const { session } = useServices();
    const task = useTask();
    const [password, setPassword] = useState("");
    const [leaving, setLeaving] = useState(false);
    const code = useCode();
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        void task.run(() => code.attempt(password, (secret) => session.signInAgain(secret)));
    };
    return (
        <Frame title={t(`expired.${why}Title`)} text={t(`expired.${why}`)}>
            <form className={form.form} onSubmit={submit}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <input type="hidden" autoComplete="username" value={userId} readOnly />
                <TextField
                    label={t("expired.password", { user: userId })}
                    value={password}
                    onChange={setPassword}
                    type="password"
                    autoComplete="current-password"
                    reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
                    autoFocus
                    required
                    size="large"
                />
                {code.field}
                <PasskeyInstead password={password} onProof={setPassword} />
                <div className={form.actions}>
                    <Button type="submit" variant="primary" size="large" block busy={task.busy} disabled={password === "" || !code.complete}>
                        {t("expired.submit")}
                    </Button>
                    <Button variant="ghost" block onClick={() => { setLeaving(true); }}>
                        {t("expired.signOut")}
                    </Button>
                </div>
            </form>
            <GoOnAs except={userId} />
            <Leaving open={leaving} onClose={() => { setLeaving(false); }} />
        </Frame>
    );
}

/** Keys may be here that are nowhere else: nobody loses them by one press. */
function Leaving({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
    const t = useT();
    const { session } = useServices();
    return (
        <Dialog
            open={open}
            size="small"
            onClose={onClose}
            title={t("signOut.title")}
            closeLabel={t("common.close")}
            description={`${t("signOut.text")} ${t("expired.signOutText")}`}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose} autoFocus>
                        {t("common.cancel")}
                    </Button>
                    <Button variant="danger" onClick={() => void session.signOut()}>
                        {t("signOut.submit")}
                    </Button>
                </>
            }
        />
    );
}
