/** The reachability report: what was tried, what came of it, what that means, how to mend it. */
import { Badge, Banner, Button, Icon, type IconName, type Tone } from "@veche/kit";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useLoaded, useStore } from "../../app/context";
import { Resource } from "../../base/resource";
import { Card, Shown } from "../../ui/Page";
import { When } from "../../ui/When";
import styles from "./Network.module.css";

type State = Schemas["ReachabilityState"];
type Line = Schemas["ReachabilityLine"];

const SIGNS: Readonly<Record<State, { readonly icon: IconName; readonly tone: Tone; readonly banner: "success" | "warning" | "danger" | "info" }>> = {
    ok: { icon: "check-circle", tone: "success", banner: "success" },
    warning: { icon: "warning", tone: "warning", banner: "warning" },
    failed: { icon: "error", tone: "danger", banner: "danger" },
    skipped: { icon: "minus", tone: "neutral", banner: "info" },
};

export function Reachability() {
    const { t } = useI18n();
    const api = useApi();
    const report = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/reachability", { query: { now_ms: Date.now() }, signal })));
    const { loading } = useStore(report);
    return (
        <div className={styles.stack}>
            <div className={styles.bar}>
                <p className={styles.text}>{t("reach.text")}</p>
                <Button icon="refresh" busy={loading} onClick={() => void report.load()}>{t("reach.again")}</Button>
            </div>
            <Shown of={report} lines={10}>
                {(value) => (
                    <>
                        <Banner tone={SIGNS[value.state].banner} title={t(`reach.${value.state}`)}>
                            {value.server_name} · <When ms={value.made_ms} />
                        </Banner>
                        <Card flush>
                            <ul className={styles.lines}>
                                {value.lines.map((line) => <ReportLine key={line.id} line={line} />)}
                            </ul>
                        </Card>
                    </>
                )}
            </Shown>
        </div>
    );
}

function ReportLine({ line }: { readonly line: Line }) {
    const { t, language } = useI18n();
    const { icon, tone } = SIGNS[line.state];
    return (
        <li className={styles.line}>
            <span className={styles.sign} data-tone={tone}>
                <Icon name={icon} size={20} />
            </span>
            <div className={styles.words}>
                <h2 className={styles.title}>
                    {line.title[language]} <Badge tone={tone}>{t(`reach.is.${line.state}`)}</Badge>
                </h2>
                <p>{line.meaning[language]}</p>
                {line.mend && (
                    <p className={styles.mend}>
                        <strong>{t("reach.mend")}</strong> {line.mend[language]}
                    </p>
                )}
            </div>
        </li>
    );
}
