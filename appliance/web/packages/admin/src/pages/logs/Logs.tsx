/** What the server has told of itself since it started. */
import { EmptyState, Select, Switch } from "@veche/kit";
import { useEffect, useRef, useState } from "react";
import { useApi, useI18n, useRoute, useRouter, useStore, useT } from "../../app/context";
import { LOGS, LOG_LEVELS, type LogFilter, type LogLevel } from "../../app/router";
import listStyles from "../../ui/List.module.css";
import { Coming, Failure, Page } from "../../ui/Page";
import { SearchField } from "../../ui/SearchField";
import styles from "./Logs.module.css";
import { type LogLine, LogStore } from "./log_store";

export function Logs() {
    const t = useT();
    const api = useApi();
    const route = useRoute();
    const router = useRouter();
    const filter = route.page === "logs" ? route.filter : (LOGS as { filter: LogFilter }).filter;
    const [store] = useState(() => new LogStore(api));
    useEffect(() => {
        void store.ask(filter);
        return () => {
            store.stop();
        };
    }, [store, filter]);
    const { lines, loading, following, problem } = useStore(store);
    const use = (more: Partial<LogFilter>) => {
        router.replace({ page: "logs", filter: { ...filter, ...more } });
    };
    return (
        <Page wide title={t("page.logs")} text={t("logs.text")}>
            <div className={listStyles.toolbar}>
                <div className={listStyles.search}>
                    <SearchField label={t("logs.search")} value={filter.search} onSearch={(search) => { use({ search }); }} />
                </div>
                <div className={listStyles.narrow}>
                    <Select label={t("logs.level")} hideLabel value={filter.level} onChange={(level) => { use({ level: level as LogLevel }); }} options={LOG_LEVELS.map((level) => ({ value: level, label: t(`logs.from.${level}`) }))} />
                </div>
                <Switch label={t("logs.follow")} checked={following} onChange={(on) => { store.follow(on); }} />
            </div>
            {problem && !loading && <Failure problem={problem} retry={() => void store.ask(filter)} />}
            {lines === null ? loading && <Coming lines={10} /> : lines.length === 0 ? (
                <EmptyState icon="list" level={2} title={t("logs.none")} text={t("logs.noneText")} />
            ) : (
                <Lines lines={lines} following={following} />
            )}
        </Page>
    );
}

/** A number without the noise of its last digits; everything else as it was told. */
function fieldText(value: unknown): string {
    if (typeof value === "number") return String(Math.round(value * 1_000) / 1_000);
    return typeof value === "string" ? value : JSON.stringify(value);
}

function Lines({ lines, following }: { readonly lines: readonly LogLine[]; readonly following: boolean }) {
    const { t, format } = useI18n();
    const list = useRef<HTMLOListElement>(null);
    const last = lines.at(-1)?.number;
    const seen = useRef(false);
    useEffect(() => {
        // The newest line stands at the bottom, as in a terminal. Who reads further up is left there.
        if (following || !seen.current) list.current?.scrollTo({ top: list.current.scrollHeight });
        seen.current = true;
    }, [following, last]);
    return (
        <ol ref={list} className={styles.lines} aria-label={t("page.logs")} tabIndex={0}>
            {lines.map((line) => (
                <li key={line.number} className={styles.line} data-level={line.level}>
                    <time className={styles.time} dateTime={new Date(line.at_ms).toISOString()} title={format.dateTime(line.at_ms)}>
                        {format.date(line.at_ms, "short")} {new Date(line.at_ms).toLocaleTimeString("en-GB")}
                    </time>
                    <span className={styles.level}>{line.level}</span>
                    <span className={styles.message}>
                        <bdi>{line.message}</bdi> <span className={styles.target}>{line.target}</span>
                        {Object.entries(line.fields).map(([name, value]) => (
                            <span key={name} className={styles.target}>
                                {" "}
                                {name}=<bdi>{fieldText(value)}</bdi>
                            </span>
                        ))}
                    </span>
                </li>
            ))}
        </ol>
    );
}
