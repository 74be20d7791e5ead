/** What became of a directory's people, the newest first. */
import { Badge } from "@veche/kit";
import type { Schemas } from "../../api/api";
import { useI18n } from "../../app/context";
import { When } from "../../ui/When";
import styles from "./Directories.module.css";
import { causeText, whyText } from "./cause_words";

type Report = Schemas["DirectoryReport"];

export function Reports({ reports }: { readonly reports: readonly Report[] }) {
    const { t } = useI18n();
    if (reports.length === 0) return <p className={styles.quiet}>{t("directories.noReports")}</p>;
    return (
        <ul className={styles.reports}>
            {reports.map((report, index) => (
                <li key={index} className={styles.report}>
                    <OneReport report={report} />
                </li>
            ))}
        </ul>
    );
}

function OneReport({ report }: { readonly report: Report }) {
    const { t, format } = useI18n();
    const failed = typeof report.cause === "string" ? report.cause : null;
    const seconds = format.number(Math.round(report.took_ms / 100) / 10);
    return (
        <>
            <span className={styles.reportHead}>
                <Badge tone={failed === null ? "success" : "danger"}>{t(failed === null ? "directories.ok" : "directories.failed")}</Badge>
                <When ms={report.at_ms} />
                <span className={styles.quiet}>{t("directories.looked", { entries: format.number(report.entries), seconds })}</span>
            </span>
            {failed !== null && <span>{causeText(t, failed)} {typeof report.words === "string" && <bdi className={styles.quiet}>({report.words})</bdi>}</span>}
            {report.locked.length > 0 && <People label={t("directories.locked")} people={report.locked.map((it) => `${it.user_id} (${whyText(t, it.why)})`)} />}
            {report.unlocked.length > 0 && <People label={t("directories.unlocked")} people={report.unlocked} />}
            {report.changed.length > 0 && <People label={t("directories.changed")} people={report.changed} />}
            {report.held_back.length > 0 && <People label={t("directories.heldBack")} people={report.held_back.map((it) => `${it.user_id} (${whyText(t, it.why)})`)} />}
        </>
    );
}

/** People who are named in one line. */
const NAMED = 10;

function People({ label, people }: { readonly label: string; readonly people: readonly string[] }) {
    const rest = people.length - NAMED;
    return (
        <span>
            {label}: <bdi>{people.slice(0, NAMED).join(", ")}</bdi>{rest > 0 && ` +${rest}`}
        </span>
    );
}
