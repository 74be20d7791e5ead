/** A session is being opened or ended. */
import { Logo, ProgressBar } from "@veche/kit";
import type { LoadingStep } from "@veche/protocol";
import { useT } from "../../app/context";
import styles from "./Loading.module.css";

export function Loading({ step }: { readonly step: LoadingStep | "signingOut" | null }) {
    const t = useT();
    const label = step === null ? t("common.loading") : t(`loading.${step}`);
    return (
        <main className={styles.page} aria-busy="true">
            <Logo size={48} />
            <div className={styles.progress}>
                <ProgressBar label={label} />
            </div>
        </main>
    );
}
