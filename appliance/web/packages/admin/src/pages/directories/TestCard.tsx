/** What somebody would get by the form as it stands, before it is kept. */
import { Banner, Button, TextField } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useT } from "../../app/context";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card, type Fact, Facts } from "../../ui/Page";
import styles from "./Directories.module.css";
import { causeText } from "./cause_words";
import { type Form, configOf } from "./directory_form";

type Tested = Schemas["CompanyDirectoryTested"];

export function TestCard({ id, form }: { readonly id: number | null; readonly form: Form }) {
    const t = useT();
    const api = useApi();
    const [user, setUser] = useState("");
    const [asking, setAsking] = useState(false);
    const [tested, setTested] = useState<Tested | null>(null);
    const run = async (proof: string) => {
        const body = { id, config: configOf(form), password: form.password === "" ? null : form.password, user: user.trim() };
        setTested(null);
        setTested(await api.post("/api/admin/v1/directories/test", { body, proof }));
    };
    return (
        <Card title={t("directories.test")} text={t("directories.testText")}>
            <div className={styles.form}>
                <TextField label={t("directories.testUser")} hint={t("directories.testUserHint")} value={user} onChange={setUser} autoComplete="off" autoCapitalize="none" spellCheck={false} />
                <div className={styles.acts}>
                    <Button disabled={user.trim() === ""} onClick={() => { setAsking(true); }}>{t("directories.test")}</Button>
                </div>
                <div aria-live="polite">{tested !== null && <Outcome tested={tested} />}</div>
            </div>
            {asking && (
                <ConfirmDialog title={t("directories.testTitle")} confirm={t("directories.test")} danger={false} proof="fresh" onClose={() => { setAsking(false); }} run={run}>
                    <p>{t("directories.testAsk", { user: user.trim() })}</p>
                </ConfirmDialog>
            )}
        </Card>
    );
}

function Outcome({ tested }: { readonly tested: Tested }) {
    const t = useT();
    const fact = (label: string, value: string | null | undefined): Fact | null => (typeof value === "string" ? { label, value: <bdi>{value}</bdi> } : null);
    const cause = typeof tested.cause === "string" ? tested.cause : null;
    const { profile } = tested;
    return (
        <>
            {cause === null ? (
                <Banner tone="success">{t("directories.testGood")}</Banner>
            ) : (
                <Banner tone="danger" title={t("directories.testBad")}>
                    {causeText(t, cause)} {typeof tested.words === "string" && <bdi>({tested.words})</bdi>}
                </Banner>
            )}
            <Facts
                facts={[
                    fact(t("directories.entry"), tested.dn),
                    fact(t("directories.account"), tested.account),
                    tested.groups.length === 0 ? null : fact(t("directories.groups"), tested.groups.join("; ")),
                    fact(t("directories.attribute.name"), profile?.name),
                    fact(t("directories.attribute.mail"), profile?.mail),
                    fact(t("directories.attribute.phone"), profile?.phone),
                    fact(t("directories.attribute.title"), profile?.title),
                    fact(t("directories.attribute.department"), profile?.department),
                    fact(t("directories.attribute.manager"), profile?.manager),
                ]}
            />
        </>
    );
}
