/** Somebody who is no administrator. */
import { Button, ButtonLink } from "@veche/kit";
import { useServices, useT } from "../app/context";
import { Frame } from "./Frame";
import styles from "./Frame.module.css";

export function Denied({ userId }: { readonly userId: string }) {
    const t = useT();
    const { session } = useServices();
    return (
        <Frame title={t("denied.title")} text={t("denied.text", { user: userId })}>
            <div className={styles.form}>
                <p>{t("denied.help")}</p>
                <ButtonLink href="/" variant="primary" size="large" block>
                    {t("denied.toChat")}
                </ButtonLink>
                <Button size="large" block onClick={() => void session.retry()}>
                    {t("denied.other")}
                </Button>
            </div>
        </Frame>
    );
}
