/** Where the account is signed in. */
import { Badge, Banner, Button, Dialog, Icon, IconButton, Spinner, TextField } from "@veche/kit";
import type { DeviceEntry } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useI18n, useStore, useT } from "../../../app/context";
import { problemText } from "../../../app/problems";
import { useTask } from "../../../app/use_task";
import { OwnPassword } from "../../ui/OwnPassword";
import { useUi } from "../../ui/ui_store";
import { useCodeHint } from "./SecondFactor";
import styles from "./pages.module.css";

export function Devices() {
    const t = useT();
    const { devices: store } = useEngine();
    const { phase, problem, devices } = useStore(store);
    const [leaving, setLeaving] = useState<readonly string[] | null>(null);
    const others = devices.filter((device) => !device.current);
    return (
        <section className={styles.section}>
            <p className={styles.text}>{t("devices.text")}</p>
            {phase === "failed" && (
                <Banner tone="danger" action={<Button onClick={() => void store.load()}>{t("common.retry")}</Button>}>
                    {problemText(t, problem ?? "unknown")}
                </Banner>
            )}
            {phase === "loading" && <Spinner label={t("common.loading")} />}
            <div>
                {devices.map((device) => (
                    <Row key={device.id} device={device} onSignOut={() => { setLeaving([device.id]); }} />
                ))}
            </div>
            {others.length > 1 && (
                <div className={styles.actions}>
                    <Button variant="danger" icon="logout" onClick={() => { setLeaving(others.map((device) => device.id)); }}>
                        {t("devices.signOutOthers")}
                    </Button>
                </div>
            )}
            {leaving !== null && <SignOutDevices ids={leaving} onClose={() => { setLeaving(null); }} />}
        </section>
    );
}

function Row({ device, onSignOut }: { readonly device: DeviceEntry; readonly onSignOut: () => void }) {
    const { t, format } = useI18n();
    const ui = useUi();
    const { devices, verification, me } = useEngine();
    const task = useTask();
    const [name, setName] = useState<string | null>(null);
    const seen = [device.lastSeenTs === null ? null : t("devices.seen", { time: format.relative(device.lastSeenTs) }), device.lastSeenIp, device.id].filter((part) => part !== null);
    const rename = async () => {
        if (name !== null && (await task.run(() => devices.rename(device.id, name)))) setName(null);
    };
    return (
        <div className={styles.device}>
            <Icon name={/android|ios|phone/i.test(device.name ?? "") ? "phone" : "laptop"} size={24} />
            <div className={styles.words}>
                {name === null ? (
                    <span className={styles.name}>
                        {device.name ?? t("devices.unnamed")}
                        {device.current && <Badge tone="accent">{t("devices.current")}</Badge>}
                        {device.verified === false && <Badge tone="warning">{t("devices.unverified")}</Badge>}
                        <IconButton size="small" icon="edit" label={t("devices.rename")} onClick={() => { setName(device.name ?? ""); }} />
                    </span>
                ) : (
                    <form onSubmit={(event) => { event.preventDefault(); void rename(); }}>
                        <TextField
                            label={t("devices.name")}
                            hideLabel
                            value={name}
                            onChange={setName}
                            error={task.error ?? undefined}
                            maxLength={100}
                            autoFocus
                            end={<Button type="submit" size="small" busy={task.busy}>{t("common.save")}</Button>}
                        />
                    </form>
                )}
                <span className={styles.hint}>{seen.join(" · ")}</span>
            </div>
            {device.verified === false && !device.current && (
                <Button size="small" icon="shield" onClick={() => void verification.askDevice(me, device.id)}>
                    {t("devices.verify")}
                </Button>
            )}
            {device.verified === false && device.current && (
                <Button size="small" icon="shield" onClick={() => { ui.open({ kind: "recover" }); }}>
                    {t("devices.verify")}
                </Button>
            )}
            {!device.current && (
                <Button size="small" onClick={onSignOut}>
                    {t("devices.signOut")}
                </Button>
            )}
        </div>
    );
}

function SignOutDevices({ ids, onClose }: { readonly ids: readonly string[]; readonly onClose: () => void }) {
    const t = useT();
    const { devices, account } = useEngine();
    const task = useTask();
    const codeHint = useCodeHint();
    const [password, setPassword] = useState("");
    useEffect(() => {
        // Only the hint hangs on it: whoever cannot be told is refused in words.
        account.lookAtSecondFactor().catch(() => undefined);
    }, [account]);
    const submit = async () => {
        if (await task.run(() => devices.signOut(ids, password))) onClose();
    };
    return (
        <Dialog
            open
            size="small"
            onClose={onClose}
            title={t("devices.signOutTitle", { count: ids.length })}
            description={t("devices.signOutText")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant="danger" busy={task.busy} disabled={password === ""}>
                        {t("devices.signOut")}
                    </Button>
                </>
            }
        >
            <OwnPassword label={t("signIn.password")} hint={codeHint} error={task.error} value={password} onChange={setPassword} autoFocus />
        </Dialog>
    );
}
