/** A value, as it is shown. */
import { type T, useI18n } from "../../app/context";
import { type Setting, bytesText } from "./setting_value";
import styles from "./Settings.module.css";
import { choiceName } from "./settings_words";

export interface ValueProps {
    readonly setting: Pick<Setting, "key" | "kind" | "secret">;
    readonly value: unknown;
}

/** A value in words; null: it is not set. Pure. */
function valueText(t: T, { key, kind }: Pick<Setting, "key" | "kind">, value: unknown): string | null {
    if (value === null || value === undefined || value === "") return null;
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
    if (kind === "bytes" && typeof value === "number") return bytesText(value);
    if (Array.isArray(value)) return value.length === 0 ? t("settings.emptyList") : value.map(String).join(", ");
    if (kind === "choice" && typeof value === "string") return choiceName(t, key, value);
    return typeof value === "string" ? value : JSON.stringify(value);
}

export function Value({ setting, value }: ValueProps) {
    const { t } = useI18n();
    if (setting.secret) return <span className={styles.none}>{t("settings.secret")}</span>;
    const text = valueText(t, setting, value);
    return text === null ? <span className={styles.none}>{t("settings.unset")}</span> : <bdi>{text}</bdi>;
}
