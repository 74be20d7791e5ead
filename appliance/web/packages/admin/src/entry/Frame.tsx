/** What stands around the pages before somebody is signed in. */
import { type Language, Logo, RadioGroup } from "@veche/kit";
import { type ReactNode, useEffect } from "react";
import { useI18n } from "../app/context";
import styles from "./Frame.module.css";

export function Frame({ title, text, children }: { readonly title: string; readonly text?: ReactNode; readonly children?: ReactNode }) {
    const { t, language, setLanguage } = useI18n();
    useEffect(() => {
        document.title = `${title} · ${t("app.console")}`;
    }, [title, t]);
    return (
        <main className={styles.page}>
            <div className={styles.brand}>
                <Logo size={32} />
                <span>{t("app.console")}</span>
            </div>
            <section className={styles.card} aria-labelledby="entry-title">
                <h1 id="entry-title" className={styles.title}>
                    {title}
                </h1>
                {text !== undefined && <div className={styles.text}>{text}</div>}
                {children}
            </section>
            <footer className={styles.foot}>
                <RadioGroup
                    label={t("common.language")}
                    hideLabel
                    appearance="segmented"
                    value={language}
                    onChange={(value) => {
                        setLanguage(value as Language);
                    }}
                    options={[
                        { value: "en", label: "English" },
                        { value: "ru", label: "Русский" },
                    ]}
                />
            </footer>
        </main>
    );
}
