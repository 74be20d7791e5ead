/** Whether everybody reaches the server, in words. What is in order is folded away. */
import { Icon, type IconName } from "@veche/kit";
import { useI18n } from "../../app/context";
import type { Reachability, ReachabilityLine, ReachabilityState } from "../../api/types";
import styles from "./Report.module.css";
import sections from "./Done.module.css";

const ICONS: Readonly<Record<ReachabilityState, IconName>> = {
    ok: "check-circle",
    warning: "warning",
    failed: "error",
    skipped: "minus",
};
const SUMMARIES = { ok: "done.reportOk", warning: "done.reportWarning", failed: "done.reportFailed", skipped: "done.reportSkipped" } as const;

export function Report({ report }: { readonly report: Reachability | null }) {
    const { t } = useI18n();
    return (
        <section className={sections.section} aria-labelledby="report" data-testid="report">
            <div className={sections.words}>
                <h2 id="report">{t("done.report")}</h2>
                <p className={sections.text}>{report === null ? t("done.reportMissing") : t(SUMMARIES[report.state])}</p>
                {report !== null && <Lines lines={report.lines} />}
            </div>
        </section>
    );
}

function Lines({ lines }: { readonly lines: readonly ReachabilityLine[] }) {
    const { t } = useI18n();
    const of = (...states: readonly ReachabilityState[]) => lines.filter((line) => states.includes(line.state));
    const [wrong, fine, skipped] = [of("failed", "warning"), of("ok"), of("skipped")];
    return (
        <>
            <List lines={wrong} />
            {fine.length > 0 && (
                <details className={styles.fold}>
                    <summary>{t("done.fine", { count: fine.length })}</summary>
                    <List lines={fine} />
                </details>
            )}
            {skipped.length > 0 && (
                <details className={styles.fold}>
                    <summary>{t("done.skipped", { count: skipped.length })}</summary>
                    <List lines={skipped} />
                </details>
            )}
        </>
    );
}

function List({ lines }: { readonly lines: readonly ReachabilityLine[] }) {
    const { t, language } = useI18n();
    return (
        <ul className={styles.lines}>
            {lines.map((line, at) => (
                <li key={`${line.id} ${at}`} className={styles.line} data-state={line.state}>
                    <Icon name={ICONS[line.state]} size={20} label={t(`state.${line.state}`)} />
                    <div className={styles.words}>
                        <h3>{line.title[language]}</h3>
                        <p>{line.meaning[language]}</p>
                        {line.mend !== null && (
                            <p className={styles.mend}>
                                <strong>{t("done.mend")}</strong> {line.mend[language]}
                            </p>
                        )}
                    </div>
                </li>
            ))}
        </ul>
    );
}
