/** The claim code: whoever has read it on the machine's screen goes on. */
import { Banner, Button, TextField } from "@veche/kit";
import { useServices, useStore, useT } from "../../app/context";
import { useField, useForm } from "../../app/use_field";
import { FormBox } from "../Frame/FormBox";
import { Frame } from "../Frame/Frame";
import { Problems } from "../Frame/StepForm";
import styles from "./Claim.module.css";

export function Claim({ again }: { readonly again: boolean }) {
    const t = useT();
    const { wizard, typed } = useServices();
    const { busy } = useStore(wizard);
    const [code, setCode] = useField("code", "");
    const form = useForm(
        (): { code?: string } => (code.trim() === "" ? { code: t("claim.empty") } : {}),
        async () => {
            if (await wizard.claim(code.trim())) typed.forget("code");
        },
    );
    return (
        <Frame title={t("claim.title")} lead={t("claim.lead")}>
            <FormBox form={form}>
                {again && <Banner tone="warning">{t("claim.again")}</Banner>}
                <Problems />
                <TextField
                    label={t("claim.code")}
                    hint={
                        <>
                            <span className={styles.hint}>{t("claim.where")}</span>
                            <span className={styles.hint}>{t("claim.how")}</span>
                        </>
                    }
                    error={form.error("code")}
                    value={code}
                    onChange={setCode}
                    className={styles.code}
                    placeholder="XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XX"
                    autoComplete="off"
                    autoCapitalize="characters"
                    spellCheck={false}
                    autoFocus
                    size="large"
                    icon="key"
                />
                <Button type="submit" variant="primary" size="large" block busy={busy}>
                    {t("claim.submit")}
                </Button>
            </FormBox>
        </Frame>
    );
}
