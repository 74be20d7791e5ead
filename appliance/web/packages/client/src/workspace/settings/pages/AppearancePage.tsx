/** How the page looks on this device. */
import { type Density, type Language, RadioGroup, Switch, type Theme, useTheme } from "@veche/kit";
import { useI18n, useServices, useSettings } from "../../../app/context";
import styles from "./pages.module.css";

export function AppearancePage() {
    const { t, language, setLanguage } = useI18n();
    const { theme, setTheme, density, setDensity } = useTheme();
    const { settings } = useServices();
    const { enterSends, membershipEvents } = useSettings();
    return (
        <section className={styles.section}>
            <RadioGroup
                label={t("appearance.theme")}
                appearance="segmented"
                value={theme}
                onChange={(value) => { setTheme(value as Theme); }}
                options={[
                    { value: "system", label: t("appearance.system"), icon: "desktop" },
                    { value: "light", label: t("appearance.light"), icon: "sun" },
                    { value: "dark", label: t("appearance.dark"), icon: "moon" },
                ]}
            />
            <RadioGroup
                label={t("appearance.density")}
                appearance="segmented"
                value={density}
                onChange={(value) => { setDensity(value as Density); }}
                options={[
                    { value: "comfortable", label: t("appearance.comfortable") },
                    { value: "compact", label: t("appearance.compact") },
                ]}
            />
            <RadioGroup
                label={t("common.language")}
                appearance="segmented"
                value={language}
                onChange={(value) => { setLanguage(value as Language); }}
                options={[
                    { value: "en", label: "English" },
                    { value: "ru", label: "Русский" },
                ]}
            />
            <Switch
                label={t("appearance.enterSends")}
                hint={enterSends ? t("appearance.enterSendsHint") : t("appearance.modEnterSendsHint")}
                checked={enterSends}
                onChange={(on) => { settings.change({ enterSends: on }); }}
            />
            <Switch
                label={t("appearance.membership")}
                hint={t("appearance.membershipHint")}
                checked={membershipEvents}
                onChange={(on) => { settings.change({ membershipEvents: on }); }}
            />
        </section>
    );
}
