/** What the message that is being written answers or corrects. */
import { Icon, IconButton } from "@veche/kit";
import type { ComposerState, ComposerStore } from "@veche/protocol/engine";
import { useT } from "../../../app/context";
import { bodyLine } from "../../message/body_text";
import styles from "./Composer.module.css";

export function Context({ state, composer }: { readonly state: ComposerState; readonly composer: ComposerStore }) {
    const t = useT();
    const { editing, reply } = state;
    const quoted = editing ?? reply;
    if (!quoted) return null;
    return (
        <div className={styles.context}>
            <Icon name={editing ? "edit" : "reply"} size={16} />
            <span className={styles.contextText}>
                <strong>{editing ? t("composer.editing") : t("composer.replying", { name: quoted.sender.name })}</strong> {bodyLine(t, quoted.body)}
            </span>
            <IconButton
                size="small"
                icon="close"
                label={editing ? t("composer.cancelEdit") : t("composer.cancelReply")}
                onClick={() => {
                    if (editing) composer.cancelEdit();
                    else composer.cancelReply();
                }}
            />
        </div>
    );
}
