/** The server is set up already, and not from here. */
import { ButtonLink } from "@veche/kit";
import { useT } from "../../app/context";
import { Frame } from "../Frame/Frame";
import styles from "./Over.module.css";

export function Over() {
    const t = useT();
    return (
        <Frame title={t("over.title")} lead={t("over.text")}>
            <div className={styles.actions}>
                <ButtonLink href="/" variant="primary" size="large" iconEnd="arrow-right">
                    {t("over.chat")}
                </ButtonLink>
            </div>
        </Frame>
    );
}
