/** What an authority with ACME wants to know. */
import { TextField } from "@veche/kit";
import { useT } from "../../app/context";
import { type Form, useField } from "../../app/use_field";
import type { SetupState } from "../../api/types";
import styles from "./Certificate.module.css";

export function Acme({ form, answers }: { readonly form: Form; readonly answers: SetupState }) {
    const t = useT();
    const former = answers.certificate?.source === "acme" ? answers.certificate : null;
    const [email, setEmail] = useField("email", former?.email ?? "");
    const [directory, setDirectory] = useField("directory", former?.directory ?? "");
    return (
        <div className={styles.details}>
            <TextField
                label={t("certificate.email")}
                hint={t("certificate.emailHint")}
                optional={t("common.optional")}
                error={form.error("email")}
                value={email}
                onChange={setEmail}
                type="email"
                autoComplete="email"
                size="large"
            />
            <details className={styles.more} open={directory !== "" || undefined}>
                <summary>{t("certificate.other")}</summary>
                <TextField
                    label={t("certificate.directory")}
                    hint={t("certificate.directoryHint")}
                    optional={t("common.optional")}
                    error={form.error("directory")}
                    value={directory}
                    onChange={setDirectory}
                    type="url"
                    autoComplete="off"
                    size="large"
                />
            </details>
            <p className={styles.note}>
                {t("certificate.later")} {t("certificate.terms")}
            </p>
        </div>
    );
}
