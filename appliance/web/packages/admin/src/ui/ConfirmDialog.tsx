/** An act that one should think about: it says what will happen, and asks for the password again where the server wants that. */
import { Banner, Button, Dialog, TextField } from "@veche/kit";
import { isPasskeyProof } from "@veche/protocol";
import { type ReactNode, useState } from "react";
import { isRefused } from "../api/api";
import { useMe, useServices, useT } from "../app/context";
import { useTask } from "../app/use_task";
import styles from "./ConfirmDialog.module.css";
import { ProofFields } from "./ProofFields";

export interface ConfirmDialogProps {
    readonly title: string;
    /** What will happen. */
    readonly children: ReactNode;
    readonly confirm: string;
    readonly onClose: () => void;
    /** It cannot be undone: its name is typed, so that it is not the wrong one. */
    readonly typed?: string | undefined;
    /** The password: `always`, or only if it was not shown a moment ago. */
    readonly proof?: "always" | "fresh" | undefined;
    readonly danger?: boolean | undefined;
    /** Does it; the dialog closes unless it fails, or `stays` because something else takes its place. */
    readonly run: (proof: string) => Promise<unknown>;
    readonly stays?: boolean | undefined;
    readonly ready?: boolean | undefined;
}

/** The fields of the proof, and what becomes of them. */
function useProof(proof: ConfirmDialogProps["proof"]) {
    const { session } = useServices();
    const me = useMe();
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const [asks, setAsks] = useState(() => proof === "always" || (proof === "fresh" && session.freshProof() === null));
    return {
        fields: asks ? { password, onPassword: setPassword, code: me.second_factor ? code : null, onCode: setCode } : null,
        isReady: !asks || isPasskeyProof(password) || (password !== "" && (!me.second_factor || code.trim() !== "")),
        /** Does something with a proof; one that was not taken is asked for again. */
        withProof: async (run: (proof: string) => Promise<unknown>) => {
            const shown = asks ? await session.prove(password, code) : (session.freshProof() ?? "");
            try {
                await run(shown);
            } catch (thrown) {
                if (isRefused(thrown, "fresh_proof_needed")) {
                    session.dropProof();
                    setAsks(true);
                }
                throw thrown;
            } finally {
                // Each code is good once, and so is what a passkey has proved.
                setCode("");
                setPassword((typed) => (isPasskeyProof(typed) ? "" : typed));
            }
        },
    };
}

export function ConfirmDialog(props: ConfirmDialogProps) {
    const { title, children, confirm, onClose, typed, proof, danger = true, run, stays = false, ready = true } = props;
    const t = useT();
    const task = useTask();
    const [name, setName] = useState("");
    const { fields, isReady: isProven, withProof } = useProof(proof);
    const isReady = ready && isProven && (typed === undefined || name.trim() === typed.trim());
    const submit = async () => {
        if (isReady && (await task.run(() => withProof(run))) && !stays) onClose();
    };
    return (
        <Dialog
            open
            onClose={onClose}
            title={title}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant={danger ? "danger" : "primary"} busy={task.busy} disabled={!isReady}>
                        {confirm}
                    </Button>
                </>
            }
        >
            <div className={styles.content}>
                {children}
                {typed !== undefined && (
                    <TextField
                        label={t("confirm.typed")}
                        hint={<bdi className={styles.typed}>{typed}</bdi>}
                        value={name}
                        onChange={setName}
                        autoComplete="off"
                        autoCapitalize="none"
                        spellCheck={false}
                    />
                )}
                {fields && <ProofFields {...fields} label={t("confirm.password")} hint={t("confirm.passwordHint")} />}
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            </div>
        </Dialog>
    );
}
