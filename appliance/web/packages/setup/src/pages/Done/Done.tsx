/** The server runs: where the chat is, how others get in, which apps there are, and whether everybody reaches it. */
import { Button, ButtonLink } from "@veche/kit";
import { useI18n } from "../../app/context";
import { chatAddresses } from "../../wizard/links";
import type { Done as Ended } from "../../wizard/wizard";
import { Frame } from "../Frame/Frame";
import { Apps } from "./Apps";
import styles from "./Done.module.css";
import { Invite } from "./Invite";
import { Report } from "./Report";

/** The browser's dialog for printing. */
const print = () => {
    window.print();
};

export function Done({ done }: { readonly done: Ended }) {
    const { t, rich } = useI18n();
    const { named, here } = chatAddresses(done.baseUrl, location.origin);
    // Where something has to be mended first, the address that works is the one that this page came from.
    const isReached = here === null || done.report?.state !== "failed";
    return (
        <Frame wide title={t("done.title")} lead={rich(done.passkey && !done.secondFactor ? "done.leadPasskey" : "done.lead", { owner: <strong>{done.owner}</strong> })}>
            {done.secondFactor && <p className={styles.note}>{t("done.secondFactor")}</p>}
            {done.passkey && <p className={styles.note}>{t("done.passkey")}</p>}
            <div className={styles.sections}>
                <div className={styles.chat}>
                    <ButtonLink href={isReached ? named : here} target="_blank" rel="noreferrer" variant="primary" size="large" iconEnd="arrow-right">
                        {t("done.chat")}
                    </ButtonLink>
                    <p className={styles.note}>
                        {isReached && here !== null && rich("done.chatHere", { named, address: <a href={here} target="_blank" rel="noreferrer">{here}</a> })}
                        {!isReached && t("done.chatLater", { named })}
                    </p>
                </div>
                <Invite link={done.inviteLink} consoleAddress={`${here ?? named}admin/`} />
                <Apps serverName={done.serverName} />
                <Report report={done.report} />
                <footer className={styles.foot}>
                    <p className={styles.note}>{t("done.gone")}</p>
                    <Button icon="print" onClick={print}>
                        {t("done.print")}
                    </Button>
                </footer>
            </div>
        </Frame>
    );
}
