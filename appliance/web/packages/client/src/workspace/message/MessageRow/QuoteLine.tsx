/** The message that is answered, in one line; pressing it leads there. */
import { Icon } from "@veche/kit";
import type { Quote } from "@veche/protocol/engine";
import { useEngine, useRouter, useT } from "../../../app/context";
import { bodyLine } from "../body_text";
import styles from "./MessageRow.module.css";

interface Props {
    readonly quote: Quote;
    readonly roomId: string;
    readonly threadId: string | null;
}

export function QuoteLine({ quote, roomId, threadId }: Props) {
    const t = useT();
    const router = useRouter();
    const engine = useEngine();
    const go = () => {
        if (threadId === null) {
            void engine.timeline(roomId, null).open(quote.eventId);
            return;
        }
        router.panel({ kind: "thread", rootId: threadId, eventId: quote.eventId });
    };
    return (
        <button type="button" className={styles.quote} onClick={go}>
            <Icon name="reply" size={12} />
            {quote.said ? (
                <>
                    <span className={styles.quoteName}>{quote.said.sender.name}</span>
                    <span className={styles.quoteText}>{bodyLine(t, quote.said.body)}</span>
                </>
            ) : (
                <span className={styles.quoteText}>{t("message.quoteMissing")}</span>
            )}
        </button>
    );
}
