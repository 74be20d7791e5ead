/** A message: who, when, what, and what others did with it. */
import { Icon } from "@veche/kit";
import type { Message } from "@veche/protocol/engine";
import { memo, useState } from "react";
import { useEngine, useI18n, useRouter } from "../../../app/context";
import { PersonAvatar } from "../../Avatars/Avatars";
import { useLongPress } from "../../ui/use_long_press";
import { BodyView } from "../bodies/BodyView";
import { Delivery } from "./Delivery";
import { MessageMenu } from "../Toolbar/MessageMenu";
import { Toolbar } from "../Toolbar/Toolbar";
import { QuoteLine } from "./QuoteLine";
import { ReadBy } from "./ReadBy";
import { Reactions } from "../Reactions/Reactions";
import { ShieldSign } from "./ShieldSign";
import { ThreadLine } from "./ThreadLine";
import styles from "./MessageRow.module.css";

interface Props {
    readonly message: Message;
    readonly roomId: string;
    readonly threadId: string | null;
    readonly marked: boolean;
}

export const MessageRow = memo(function MessageRow({ message, roomId, threadId, marked }: Props) {
    const { format } = useI18n();
    const [near, setNear] = useState(false);
    const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
    const [picking, setPicking] = useState(false);
    const press = useLongPress(setMenu);
    const { continued } = message;
    const at = { message, roomId, threadId };
    return (
        <article
            className={styles.message}
            data-continued={continued || undefined}
            data-highlighted={message.highlighted || undefined}
            data-marked={marked || undefined}
            data-event={message.eventId}
            data-delivery={message.delivery}
            onPointerEnter={(event) => { if (event.pointerType === "mouse") setNear(true); }}
            onPointerLeave={() => { setNear(false); }}
            onFocus={() => { setNear(true); }}
            onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) setNear(false); }}
            tabIndex={0}
            aria-label={`${message.sender.name}, ${format.time(message.ts)}`}
            {...press}
        >
            <div className={styles.gutter}>
                {continued ? (
                    <time className={styles.smallTime} dateTime={new Date(message.ts).toISOString()} title={format.dateTime(message.ts)}>
                        {format.time(message.ts)}
                    </time>
                ) : (
                    <SenderAvatar message={message} />
                )}
            </div>
            <div className={styles.content}>
                {!continued && <Head message={message} />}
                {message.reply && <QuoteLine quote={message.reply} roomId={roomId} threadId={threadId} />}
                <div className={styles.line}>
                    <div className={styles.body}>
                        <BodyView message={message} roomId={roomId} />
                        <Signs message={message} roomId={roomId} />
                    </div>
                    <ReadBy {...at} />
                </div>
                <Reactions {...at} />
                {message.thread && <ThreadLine thread={message.thread} />}
                <Delivery message={message} roomId={roomId} />
            </div>
            {(near || menu !== null || picking) && message.delivery === "sent" && <Toolbar {...at} picking={picking} onPicking={setPicking} onMore={setMenu} />}
            <MessageMenu {...at} position={menu} onPick={() => { setPicking(true); }} onClose={() => { setMenu(null); }} />
        </article>
    );
});

function SenderAvatar({ message }: { readonly message: Message }) {
    const router = useRouter();
    const { guest } = useEngine();
    const { id, name, avatar } = message.sender;
    const face = <PersonAvatar id={id} name={name} picture={avatar} size={40} />;
    // A guest is told nothing more about people than this.
    if (guest) return <span className={styles.avatar}>{face}</span>;
    return (
        <button type="button" className={styles.avatar} tabIndex={-1} aria-label={name} onClick={() => { router.panel({ kind: "person", userId: id }); }}>
            {face}
        </button>
    );
}

function Head({ message }: { readonly message: Message }) {
    const { t, format } = useI18n();
    const router = useRouter();
    const { guest } = useEngine();
    const { id, name } = message.sender;
    return (
        <header className={styles.head}>
            {guest ? (
                <strong className={styles.who}>{name}</strong>
            ) : (
                <button type="button" className={styles.name} onClick={() => { router.panel({ kind: "person", userId: id }); }}>
                    {name}
                </button>
            )}
            <time className={styles.time} dateTime={new Date(message.ts).toISOString()} title={format.dateTime(message.ts)}>
                {format.time(message.ts)}
            </time>
            {message.pinned && <Icon name="pin" size={12} label={t("message.pinned")} />}
        </header>
    );
}

/** Small print behind the words. */
function Signs({ message, roomId }: { readonly message: Message; readonly roomId: string }) {
    const { t, format } = useI18n();
    return (
        <>
            {message.edited !== null && message.body.kind !== "redacted" && (
                <span className={styles.edited} title={t("message.editedAt", { time: format.dateTime(message.edited) })}>
                    {t("message.edited")}
                </span>
            )}
            {message.encrypted && message.delivery === "sent" && <ShieldSign roomId={roomId} eventId={message.eventId} />}
        </>
    );
}
