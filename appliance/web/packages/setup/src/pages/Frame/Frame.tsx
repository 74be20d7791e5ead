/** What stands around every page: the name, the language of the page, where one is. */
import { Logo, RadioGroup, Stepper, type Language } from "@veche/kit";
import { type ReactNode, useEffect, useRef } from "react";
import { useI18n, useServices, useStore } from "../../app/context";
import { STEPS, type PageName, addressOf, isOpen } from "../../wizard/steps";
import styles from "./Frame.module.css";

export interface FrameProps {
    readonly title: string;
    readonly lead?: ReactNode;
    /** The step that this is; none: it is before or after them. */
    readonly step?: PageName;
    /** As wide as the last page needs it. */
    readonly wide?: boolean;
    readonly children?: ReactNode;
}

export function Frame({ title, lead, step, wide = false, children }: FrameProps) {
    const { t } = useI18n();
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = t("app.title", { page: title });
    }, [t, title]);
    useEffect(() => {
        // So that a screen reader begins at the top of the new page, and a long page is seen from there.
        const { current } = heading;
        if (current?.parentElement?.contains(document.activeElement) === false) current.focus({ preventScroll: true });
        scrollTo(0, 0);
    }, []);
    return (
        <div className={styles.page}>
            <Head />
            <div className={styles.middle} data-steps={step === undefined ? undefined : true} data-wide={wide || undefined}>
                {step !== undefined && (
                    <div className={styles.steps}>
                        <Steps current={step} />
                    </div>
                )}
                <main className={styles.card} aria-labelledby="title">
                    <h1 id="title" ref={heading} tabIndex={-1} className={styles.title}>
                        {title}
                    </h1>
                    {lead !== undefined && <div className={styles.lead}>{lead}</div>}
                    {children}
                </main>
            </div>
        </div>
    );
}

function Head() {
    const { t, language, setLanguage } = useI18n();
    return (
        <header className={styles.head}>
            <div className={styles.brand}>
                <Logo size={32} />
                <span>{t("app.name")}</span>
                <span className={styles.what}>{t("app.setup")}</span>
            </div>
            <RadioGroup
                label={t("app.language")}
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
        </header>
    );
}

function Steps({ current }: { readonly current: PageName }) {
    const { t } = useI18n();
    const { view } = useStore(useServices().wizard);
    const answers = view.phase === "answering" || view.phase === "starting" ? view.answers : null;
    // The second factor is a part of the owner's step.
    const shown = current === "second-factor" ? "owner" : current;
    const at = STEPS.findIndex((step) => step === shown);
    const summary = at < 0 ? t("steps.summaryCheck") : t("steps.summary", { number: at + 1, count: STEPS.length });
    return (
        <Stepper
            label={t("steps.label")}
            doneLabel={t("steps.done")}
            summary={summary}
            current={shown}
            steps={([...STEPS, "check"] as const).map((page) => ({
                id: page,
                label: t(`steps.${page}`),
                done: page !== "check" && answers !== null && !answers.unanswered.includes(page),
                href: view.phase === "answering" && isOpen(page, view.answers) ? addressOf(page) : undefined,
            }))}
        />
    );
}
