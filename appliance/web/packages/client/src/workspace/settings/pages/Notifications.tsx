/** What calls for attention, and how. */
import { Banner, Button, RadioGroup, Switch, TextField } from "@veche/kit";
import { KEYWORDS_MAX } from "@veche/protocol/engine";
import { type SubmitEvent, useState } from "react";
import { useEngine, useServices, useSettings, useStore, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import styles from "./pages.module.css";

export function Notifications() {
    return (
        <>
            <ThisBrowser />
            <General />
            <Keywords />
        </>
    );
}

function ThisBrowser() {
    const t = useT();
    const { settings } = useServices();
    const { notifications, notificationText, sound } = useSettings();
    const supported = "Notification" in window;
    const [permission, setPermission] = useState(supported ? Notification.permission : "denied");
    const toggle = async (on: boolean) => {
        if (on && permission !== "granted") {
            const answer = await Notification.requestPermission();
            setPermission(answer);
            if (answer !== "granted") return;
        }
        settings.change({ notifications: on });
    };
    return (
        <section className={styles.section}>
            <h3 className={styles.title}>{t("notifications.here")}</h3>
            {!supported && <Banner tone="info">{t("notifications.unsupported")}</Banner>}
            {supported && permission === "denied" && <Banner tone="warning">{t("notifications.denied")}</Banner>}
            <Switch
                label={t("notifications.show")}
                hint={t("notifications.showHint")}
                checked={notifications && permission === "granted"}
                disabled={!supported || permission === "denied"}
                onChange={(on) => void toggle(on)}
            />
            <Switch label={t("notifications.text")} hint={t("notifications.textHint")} checked={notificationText} onChange={(on) => { settings.change({ notificationText: on }); }} />
            <Switch label={t("notifications.sound")} checked={sound} onChange={(on) => { settings.change({ sound: on }); }} />
        </section>
    );
}

function General() {
    const t = useT();
    const { account } = useEngine();
    const { general } = useStore(account);
    const task = useTask();
    return (
        <section className={styles.section}>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            <RadioGroup
                label={t("notifications.general")}
                hint={t("notifications.generalHint")}
                value={general}
                onChange={(value) => void task.run(() => account.setGeneral(value as "all" | "mentions"))}
                options={[
                    { value: "all", label: t("notifications.all"), hint: t("notifications.allHint") },
                    { value: "mentions", label: t("notifications.mentions"), hint: t("notifications.mentionsHint") },
                ]}
            />
        </section>
    );
}

function Keywords() {
    const t = useT();
    const { account } = useEngine();
    const { keywords } = useStore(account);
    const task = useTask();
    const [word, setWord] = useState("");
    const add = async (event: SubmitEvent) => {
        event.preventDefault();
        if (await task.run(() => account.setKeywords([...keywords, word]))) setWord("");
    };
    return (
        <form className={styles.section} onSubmit={(event) => void add(event)}>
            <h3 className={styles.title}>{t("notifications.keywords")}</h3>
            <p className={styles.text}>{t("notifications.keywordsText")}</p>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            <div className={styles.actions}>
                {keywords.map((known) => (
                    <Button key={known} size="small" iconEnd="close" aria-label={t("notifications.removeKeyword", { word: known })} onClick={() => void task.run(() => account.setKeywords(keywords.filter((other) => other !== known)))}>
                        {known}
                    </Button>
                ))}
            </div>
            <TextField
                label={t("notifications.keyword")}
                value={word}
                onChange={setWord}
                maxLength={60}
                end={
                    <Button type="submit" size="small" busy={task.busy} disabled={word.trim() === "" || keywords.length >= KEYWORDS_MAX}>
                        {t("notifications.addKeyword")}
                    </Button>
                }
            />
        </form>
    );
}
