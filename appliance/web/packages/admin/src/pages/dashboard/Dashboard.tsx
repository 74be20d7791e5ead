/** How the site is: what wants attention first, then people, messages, disk, certificate. */
import { Badge, Banner, BarChart, Icon, ProgressBar } from "@veche/kit";
import { useEffect } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useLoaded, useMay, useT } from "../../app/context";
import { known } from "../../app/problems";
import type { Route } from "../../app/router";
import { Resource } from "../../base/resource";
import { Link } from "../../ui/Link";
import { Card, Page, Shown } from "../../ui/Page";
import styles from "./Dashboard.module.css";
import { diskState, wantsAttention } from "./disk_state";
import { dayOf, month } from "./month";

type Site = Schemas["Dashboard"];

/** While somebody looks at it, it is asked for this often. */
const REFRESH_MS = 30_000;
/** Below a chart there is a date for each so many days. */
const TICK_DAYS = 10;

export function Dashboard() {
    const t = useT();
    const api = useApi();
    const site = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/dashboard", { signal })));
    useEffect(() => {
        const timer = setInterval(() => {
            if (document.visibilityState === "visible") void site.load();
        }, REFRESH_MS);
        return () => {
            clearInterval(timer);
        };
    }, [site]);
    return (
        <Page title={t("page.dashboard")} wide>
            <Shown of={site} lines={10}>
                {(value) => (
                    <>
                        <Health site={value} />
                        <Numbers site={value} />
                        <div className={styles.columns}>
                            <Chart title={t("dashboard.messages")} days={month(value.days, value.now_ms)} field="messages" />
                            <Chart title={t("dashboard.active")} days={month(value.days, value.now_ms)} field="people" />
                            {value.disk && <Disk disk={value.disk} />}
                            {value.certificate && <Certificate certificate={value.certificate} nowMs={value.now_ms} />}
                        </div>
                    </>
                )}
            </Shown>
        </Page>
    );
}

/** Where something that wants attention is mended. */
function mendedAt(id: string): Route | null {
    if (id.startsWith("certificate")) return { page: "network", tab: "certificate" };
    return id === "data_damaged" ? { page: "about" } : null;
}

function Health({ site }: { readonly site: Site }) {
    const t = useT();
    const system = useMay("system");
    const wanting = wantsAttention(site);
    if (wanting.length === 0) {
        return (
            <p className={styles.well}>
                <Icon name="check-circle" size={20} />
                {t("dashboard.well")}
            </p>
        );
    }
    return (
        <div className={styles.health}>
            {wanting.map(({ id, failed }) => {
                const route = mendedAt(id);
                return (
                    <Banner key={id} tone={failed ? "danger" : "warning"} action={route !== null && (system || route.page === "about") ? <Link to={route}>{t("dashboard.look")}</Link> : undefined}>
                        {known(t, "health", id) ?? id}
                    </Banner>
                );
            })}
        </div>
    );
}

function Numbers({ site }: { readonly site: Site }) {
    const { t, format } = useI18n();
    const { people } = site;
    const numbers: readonly (readonly [string, number, string])[] = [
        ...(people.online === null ? [] : [[t("dashboard.online"), people.online, t("dashboard.onlineHint")] as const]),
        [t("dashboard.lastDay"), people.last_day, t("dashboard.lastDayHint")],
        [t("dashboard.accounts"), people.accounts, t("dashboard.accountsHint", { locked: people.locked, suspended: people.suspended })],
        [t("dashboard.rooms"), site.rooms, t("dashboard.roomsHint")],
        ...(site.calls === null ? [] : [[t("dashboard.calls"), site.calls.people, t("dashboard.callsHint", { count: site.calls.calls })] as const]),
    ];
    return (
        <dl className={styles.numbers}>
            {numbers.map(([label, value, hint]) => (
                <div key={label} className={styles.number}>
                    <dt>{label}</dt>
                    <dd className={styles.value}>{format.number(value)}</dd>
                    <dd className={styles.hint}>{hint}</dd>
                </div>
            ))}
        </dl>
    );
}

function Chart({ title, days, field }: { readonly title: string; readonly days: readonly Schemas["Day"][]; readonly field: "messages" | "people" }) {
    const { t, format } = useI18n();
    const last = days.at(-1)?.[field] ?? 0;
    const sum = days.reduce((total, day) => total + day[field], 0);
    const date = (day: Schemas["Day"]) => format.date(dayOf(day), "short");
    const summary = field === "messages" ? t("dashboard.messagesSum", { sum: format.number(sum), today: format.number(last) }) : t("dashboard.activeSum", { today: format.number(last) });
    return (
        <Card title={title} text={summary}>
            <BarChart
                label={`${title}. ${summary}`}
                ticks={days.flatMap((day, at) => (at === days.length - 1 ? { at, text: t("dashboard.today") } : at % TICK_DAYS === 0 ? { at, text: date(day) } : []))}
                top={format.number(Math.max(0, ...days.map((day) => day[field])))}
                bars={days.map((day) => ({ id: String(day.at_ms), value: day[field], title: `${date(day)}: ${format.number(day[field])}` }))}
            />
        </Card>
    );
}

function Disk({ disk }: { readonly disk: NonNullable<Site["disk"]> }) {
    const { t, format } = useI18n();
    // That it is getting full stands above, with what else wants attention; here is how full it is.
    const { usedBytes, usedPart, tone } = diskState(disk);
    return (
        <Card
            title={t("dashboard.disk")}
            text={disk.full_in_days !== null ? t("dashboard.forecast", { count: disk.full_in_days }) : tone === undefined ? t("dashboard.noForecast") : undefined}
        >
            <ProgressBar
                label={t("dashboard.diskUsed", { used: format.bytes(usedBytes), total: format.bytes(disk.total_bytes) })}
                value={usedPart}
                detail={t("dashboard.diskFree", { free: format.bytes(disk.free_bytes) })}
                tone={tone}
            />
        </Card>
    );
}

function Certificate({ certificate, nowMs }: { readonly certificate: Schemas["CertificateStatus"]; readonly nowMs: number }) {
    const { t, format } = useI18n();
    const system = useMay("system");
    const endsMs = certificate.not_after * 1_000;
    const days = Math.floor((endsMs - nowMs) / 86_400_000);
    return (
        <Card
            title={t("dashboard.certificate")}
            text={t(`source.${certificate.in_use as "own"}`)}
            actions={system ? <Link to={{ page: "network", tab: "certificate" }}>{t("dashboard.look")}</Link> : undefined}
        >
            <p className={styles.line}>
                <Badge tone={certificate.alarm_level === 0 ? "success" : certificate.alarm_level >= 4 ? "danger" : "warning"}>
                    {days >= 0 ? t("dashboard.daysLeft", { count: days }) : t("dashboard.ended")}
                </Badge>
                <span>{t("dashboard.until", { date: format.date(endsMs, "long") })}</span>
            </p>
        </Card>
    );
}
