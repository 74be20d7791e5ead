/** What was found out about a name while it was typed. */
import { Icon, type IconName } from "@veche/kit";
import type { ReactNode } from "react";
import { type T, useI18n, useServices, useStore, useT } from "../../app/context";
import { wordsAt } from "../../app/words";
import type { NameReport, NameVerdict } from "../../api/types";
import { unresolved } from "../../wizard/resolver";
import styles from "./Finding.module.css";

type Tone = "good" | "heed";

/** Only `here` is as it should be; the others work, or will, and say what to look after. */
const TONES: Readonly<Record<NameVerdict, Tone>> = {
    here: "good",
    elsewhere: "heed",
    nowhere: "heed",
    this_machine_only: "heed",
    own_address: "heed",
    other_address: "heed",
};
const ICONS: Readonly<Record<Tone, IconName>> = { good: "check-circle", heed: "warning" };

/** Why the name that is typed cannot be one. */
export function useNameError(serverName: string): ReactNode {
    const t = useT();
    const finding = useStore(useServices().nameCheck);
    return finding.kind === "refused" && finding.name === serverName ? wordsAt(t, finding.problem, "serverName") : undefined;
}

export function Finding({ serverName }: { readonly serverName: string }) {
    const { t } = useI18n();
    const finding = useStore(useServices().nameCheck);
    const current = finding.kind === "nothing" || finding.name !== serverName ? null : finding;
    return (
        <div role="status" className={styles.finding}>
            {current?.kind === "looking" && (
                <p className={styles.line}>
                    <Icon name="search" size={20} />
                    <span>{t("name.looking", { name: serverName })}</span>
                </p>
            )}
            {current?.kind === "found" && <Found report={current.report} />}
        </div>
    );
}

function Found({ report }: { readonly report: NameReport }) {
    const { t, format } = useI18n();
    const tone = TONES[report.verdict];
    return (
        <p className={styles.line} data-tone={tone} data-testid="name-finding">
            <Icon name={ICONS[tone]} size={20} />
            <span>{verdictWords(t, report, (of) => format.list(of))}</span>
        </p>
    );
}

function verdictWords(t: T, { verdict, server_name: name, leads_to: to, own_addresses: addresses, resolver }: NameReport, list: (of: readonly string[]) => string): string {
    const own = addresses.length === 0 ? t("name.ownNone") : list(addresses);
    switch (verdict) {
        case "here":
            return t("name.here", { name });
        case "elsewhere":
            return t("name.elsewhere", { name, addresses: list(to), own });
        case "nowhere":
            return nowhereWords(t, name, own, resolver);
        case "this_machine_only":
            return t("name.thisMachineOnly", { name });
        case "own_address":
            return t("name.ownAddress");
        case "other_address":
            return t("name.otherAddress", { name, own });
    }
}

function nowhereWords(t: T, name: string, own: string, resolver: string | null): string {
    switch (unresolved(resolver)) {
        case "unknown":
            return t("name.nowhere", { name, own });
        case "silent":
            return t("name.silent", { name });
        case "other":
            return `${t("name.nowhere", { name, own })} ${t("name.nowhereSays", { words: resolver ?? "" })}`;
    }
}
