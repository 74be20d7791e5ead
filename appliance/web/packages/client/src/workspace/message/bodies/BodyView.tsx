/** What a message says, whatever its kind. */
import { Button, Icon } from "@veche/kit";
import type { Message, Unreadable } from "@veche/protocol/engine";
import { useT } from "../../../app/context";
import { useUi } from "../../ui/ui_store";
import { Html } from "../Html/Html";
import { linkified } from "../Html/linkify";
import { AudioBody } from "./AudioBody";
import { FileBody } from "./FileBody";
import { OutgoingBody } from "./OutgoingBody";
import { PictureBody } from "./PictureBody";
import { PollBody } from "./PollBody";
import styles from "./bodies.module.css";

interface Props {
    readonly message: Message;
    readonly roomId: string;
}

/** Nothing but a few emoji: shown large. */
const EMOJI_ONLY = new RegExp("^(?:\\p{RGI_Emoji}\\s?){1,6}$", "v");

export function BodyView({ message, roomId }: Props) {
    const t = useT();
    const { body } = message;
    switch (body.kind) {
        case "text":
            return <TextBody message={message} />;
        case "image":
        case "sticker":
        case "video":
            return (
                <>
                    <PictureBody body={body} message={message} />
                    <Caption text={body.caption} />
                </>
            );
        case "file":
            return (
                <>
                    <FileBody file={body} message={message} />
                    <Caption text={body.caption} />
                </>
            );
        case "audio":
            return (
                <>
                    <AudioBody body={body} />
                    <Caption text={body.caption} />
                </>
            );
        case "outgoing":
            return (
                <>
                    <OutgoingBody file={body} message={message} roomId={roomId} />
                    <Caption text={body.caption} />
                </>
            );
        case "poll":
            return <PollBody roomId={roomId} eventId={message.eventId} question={body} sent={message.delivery === "sent"} />;
        case "location":
            return <p className={styles.text}>{body.text || body.uri}</p>;
        case "redacted":
            return (
                <p className={styles.quiet}>
                    <Icon name="trash" size={16} /> {t("body.redacted")}
                </p>
            );
        case "decrypting":
            return <p className={styles.quiet}>{t("body.decrypting")}</p>;
        case "unreadable":
            return <UnreadableBody why={body.why} />;
        case "unsupported":
            return <p className={styles.quiet}>{body.text ?? t("body.unsupported")}</p>;
    }
}

function Caption({ text }: { readonly text: string | null }) {
    return text === null ? null : <p className={styles.text}>{linkified(text)}</p>;
}

function TextBody({ message }: { readonly message: Message }) {
    const { body } = message;
    if (body.kind !== "text") return null;
    if (body.html !== null) {
        return (
            <div className={styles.text} data-style={body.style}>
                {body.style === "emote" && <span className={styles.emoteName}>{message.sender.name} </span>}
                <Html html={body.html} />
            </div>
        );
    }
    return (
        <p className={styles.text} data-style={body.style} data-large={EMOJI_ONLY.test(body.text.trim()) || undefined}>
            {body.style === "emote" && <span className={styles.emoteName}>{message.sender.name} </span>}
            {linkified(body.text)}
        </p>
    );
}

/** Says why a message cannot be read and what helps. */
function UnreadableBody({ why }: { readonly why: Unreadable }) {
    const t = useT();
    const ui = useUi();
    const helps = why === "needsRecovery" || why === "needsVerification";
    return (
        <div className={styles.unreadable}>
            <Icon name="lock" size={16} />
            <span>{t(`unreadable.${why}`)}</span>
            {helps && (
                <Button size="small" onClick={() => { ui.open({ kind: "recover" }); }}>
                    {t("unreadable.recover")}
                </Button>
            )}
        </div>
    );
}
