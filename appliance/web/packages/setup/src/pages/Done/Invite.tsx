/** How colleagues get in. */
import { ButtonLink, CopyField, QrCode } from "@veche/kit";
import { useT } from "../../app/context";
import styles from "./Done.module.css";

export function Invite({ link, consoleAddress }: { readonly link: string | null; readonly consoleAddress: string }) {
    const t = useT();
    return (
        <section className={styles.section} aria-labelledby="invite">
            <div className={styles.words}>
                <h2 id="invite">{link === null ? t("done.closed") : t("done.invite")}</h2>
                <p className={styles.text}>{link === null ? t("done.closedText") : t("done.inviteText")}</p>
                {link !== null && (
                    <CopyField label={t("done.inviteLink")} value={link} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} hint={t("done.inviteScan")} />
                )}
                <ButtonLink href={consoleAddress} target="_blank" rel="noreferrer" icon="settings">
                    {t("done.console")}
                </ButtonLink>
            </div>
            {link !== null && (
                <div className={styles.code}>
                    <QrCode value={link} label={t("done.inviteCode")} />
                </div>
            )}
        </section>
    );
}
