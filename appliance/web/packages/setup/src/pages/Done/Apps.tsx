/** Apps for phones and desktops, with the server filled in where they can be told it. */
import { ButtonLink, CopyField, QrCode } from "@veche/kit";
import { useT } from "../../app/context";
import { DESKTOP_DOWNLOAD, elementX } from "../../wizard/links";
import styles from "./Done.module.css";

export function Apps({ serverName }: { readonly serverName: string }) {
    const t = useT();
    const phone = elementX(serverName);
    return (
        <section className={styles.section} aria-labelledby="apps">
            <div className={styles.words}>
                <h2 id="apps">{t("done.apps")}</h2>
                <p className={styles.text}>{t("done.appsText")}</p>
                <h3>{t("done.phone")}</h3>
                <p className={styles.text}>{t("done.phoneText")}</p>
                <ButtonLink href={phone} target="_blank" rel="noreferrer" icon="phone">
                    {t("done.phoneOpen")}
                </ButtonLink>
                <h3>{t("done.desktop")}</h3>
                <CopyField label={t("done.desktopText")} value={serverName} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                <ButtonLink href={DESKTOP_DOWNLOAD} target="_blank" rel="noreferrer" icon="desktop">
                    {t("done.desktopGet")}
                </ButtonLink>
                <p className={styles.note}>{t("done.appsCertificate")}</p>
            </div>
            <div className={styles.code}>
                <QrCode value={phone} label={t("done.phoneCode")} />
            </div>
        </section>
    );
}
