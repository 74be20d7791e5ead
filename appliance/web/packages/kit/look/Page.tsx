/** The page: a head with what changes its look, then a section for each kind of component. */
import { type ReactNode, useId } from "react";
import { type Density, type Theme, Logo, RadioGroup, useI18n, useTheme } from "../src";
import styles from "./Page.module.css";
import type { en } from "./catalogs";
import { Choices } from "./sections/Choices";
import { Feedback } from "./sections/Feedback";
import { Buttons, Icons } from "./sections/Buttons";
import { Fields } from "./sections/Fields";
import { Overlays } from "./sections/Overlays";
import { People } from "./sections/People";
import { Sample } from "./sections/Sample";
import { Tables } from "./sections/Tables";

export function Page(): ReactNode {
    return (
        <div className={styles.page}>
            <Head />
            <main className={styles.sections}>
                <Section title="A window made of them">
                    <Sample />
                </Section>
                <Section title="Buttons">
                    <Buttons />
                </Section>
                <Section title="Fields">
                    <Fields />
                </Section>
                <Section title="Choices">
                    <Choices />
                </Section>
                <Section title="In front of the page">
                    <Overlays />
                </Section>
                <Section title="People and numbers">
                    <People />
                </Section>
                <Section title="Tables and charts">
                    <Tables />
                </Section>
                <Section title="What happens">
                    <Feedback />
                </Section>
                <Section title="Icons">
                    <Icons />
                </Section>
            </main>
        </div>
    );
}

function Head(): ReactNode {
    const { t, language, setLanguage } = useI18n<typeof en>();
    const { theme, setTheme, density, setDensity } = useTheme();
    return (
        <header className={styles.head}>
            <div className={styles.brand}>
                <Logo size={32} />
                <h1>{t("title")}</h1>
            </div>
            <div className={styles.controls}>
                <RadioGroup
                    label={t("theme")}
                    hideLabel
                    appearance="segmented"
                    value={theme}
                    onChange={(value) => {
                        setTheme(value as Theme);
                    }}
                    options={[
                        { value: "light", label: t("light"), icon: "sun" },
                        { value: "dark", label: t("dark"), icon: "moon" },
                        { value: "system", label: t("system"), icon: "desktop" },
                    ]}
                />
                <RadioGroup
                    label={t("density")}
                    hideLabel
                    appearance="segmented"
                    value={density}
                    onChange={(value) => {
                        setDensity(value as Density);
                    }}
                    options={[
                        { value: "comfortable", label: t("comfortable") },
                        { value: "compact", label: t("compact") },
                    ]}
                />
                <RadioGroup
                    label={t("language")}
                    hideLabel
                    appearance="segmented"
                    value={language}
                    onChange={(value) => {
                        setLanguage(value === "ru" ? "ru" : "en");
                    }}
                    options={[
                        { value: "en", label: "English" },
                        { value: "ru", label: "Русский" },
                    ]}
                />
            </div>
        </header>
    );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
    const id = useId();
    return (
        <section className={styles.section} aria-labelledby={id}>
            <h2 id={id} className={styles.title}>
                {title}
            </h2>
            {children}
        </section>
    );
}
