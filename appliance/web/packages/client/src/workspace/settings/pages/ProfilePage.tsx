/** Name, picture, password. */
import { Banner, Button, Checkbox, CopyField, TextField, useToasts } from "@veche/kit";
import { type SubmitEvent, useState } from "react";
import { useEngine, useStore, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { PersonAvatar } from "../../Avatars/Avatars";
import { OwnPassword } from "../../ui/OwnPassword";
import { PictureField } from "../../ui/PictureField";
import { Passkeys } from "./Passkeys";
import { SecondFactor, useCodeHint } from "./SecondFactor";
import styles from "./pages.module.css";

export function ProfilePage() {
    const t = useT();
    const { account } = useEngine();
    const { userId, name, avatar } = useStore(account);
    const task = useTask();
    const [typed, setTyped] = useState<string | null>(null);
    const shown = typed ?? name;
    const save = async (event: SubmitEvent) => {
        event.preventDefault();
        if (await task.run(() => account.rename(shown))) setTyped(null);
    };
    return (
        <>
            <form className={styles.section} onSubmit={(event) => void save(event)}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <PictureField
                    picture={<PersonAvatar id={userId} name={name} picture={avatar} size={80} />}
                    has={avatar !== null}
                    busy={task.busy}
                    onChange={(file) => void task.run(() => account.setAvatar(file))}
                />
                <TextField label={t("profile.name")} hint={t("profile.nameHint")} value={shown} onChange={setTyped} maxLength={255} autoComplete="name" />
                <CopyField label={t("person.id")} value={userId} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                <div className={styles.actions}>
                    <Button type="submit" variant="primary" busy={task.busy} disabled={typed === null || typed.trim() === name || typed.trim() === ""}>
                        {t("common.save")}
                    </Button>
                </div>
            </form>
            <Password />
            <SecondFactor />
            <Passkeys />
        </>
    );
}

function Password() {
    const t = useT();
    const toasts = useToasts();
    const { account } = useEngine();
    const { userId } = useStore(account);
    const task = useTask();
    const codeHint = useCodeHint();
    const [before, setBefore] = useState("");
    const [now, setNow] = useState("");
    const [others, setOthers] = useState(false);
    const change = async (event: SubmitEvent) => {
        event.preventDefault();
        if (!(await task.run(() => account.changePassword(before, now, others)))) return;
        setBefore("");
        setNow("");
        toasts.show({ tone: "success", text: t("profile.passwordChanged") });
    };
    const reveal = { show: t("common.showPassword"), hide: t("common.hidePassword") };
    return (
        <form className={styles.section} onSubmit={(event) => void change(event)}>
            <h3 className={styles.title}>{t("profile.password")}</h3>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            <input type="hidden" autoComplete="username" value={userId} readOnly />
            <OwnPassword label={t("profile.passwordBefore")} hint={codeHint} value={before} onChange={setBefore} />
            <TextField label={t("profile.passwordNow")} hint={t("register.passwordHint")} value={now} onChange={setNow} type="password" autoComplete="new-password" reveal={reveal} />
            <Checkbox label={t("profile.signOutOthers")} checked={others} onChange={setOthers} />
            <div className={styles.actions}>
                <Button type="submit" busy={task.busy} disabled={before === "" || now === ""}>
                    {t("profile.changePassword")}
                </Button>
            </div>
        </form>
    );
}
