/** The server wants to see that its user is there: asks for the password in the middle of something. */
import { Button, Dialog } from "@veche/kit";
import { type ReactNode, useRef, useState } from "react";
import { Problem } from "@veche/protocol";
import { useT } from "../../app/context";
import { OwnPassword } from "../ui/OwnPassword";

/** `ask` resolves with what was typed and rejects when its user does not want to; `prompt` is the dialog. */
export function usePassword(): { ask: () => Promise<string>; prompt: ReactNode } {
    const t = useT();
    const [open, setOpen] = useState(false);
    const [password, setPassword] = useState("");
    const waiting = useRef<{ resolve: (password: string) => void; reject: (problem: Problem) => void } | null>(null);
    const ask = () =>
        new Promise<string>((resolve, reject) => {
            waiting.current = { resolve, reject };
            setPassword("");
            setOpen(true);
        });
    const cancel = () => {
        setOpen(false);
        waiting.current?.reject(new Problem("cancelled"));
    };
    const submit = () => {
        setOpen(false);
        waiting.current?.resolve(password);
    };
    const prompt = (
        <Dialog
            open={open}
            size="small"
            onClose={cancel}
            title={t("password.title")}
            description={t("password.text")}
            closeLabel={t("common.close")}
            onSubmit={submit}
            actions={
                <>
                    <Button variant="ghost" onClick={cancel}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant="primary" disabled={password === ""}>
                        {t("common.continue")}
                    </Button>
                </>
            }
        >
            <OwnPassword label={t("signIn.password")} value={password} onChange={setPassword} autoFocus />
        </Dialog>
    );
    return { ask, prompt };
}
