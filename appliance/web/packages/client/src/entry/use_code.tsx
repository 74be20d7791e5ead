/** The second factor at the door: its code is asked for once the server has said that it wants one. */
import { TextField } from "@veche/kit";
import { problemOf, withCode } from "@veche/protocol";
import { type ReactNode, useState } from "react";
import { useT } from "../app/context";

/** The password is right, and there is a second factor. */
const CODE_PROBLEMS: ReadonlySet<string> = new Set(["codeNeeded", "codeWrong", "codeUsed"]);

interface Code {
    /** What stands under the password; null: no code is asked for. */
    readonly field: ReactNode;
    readonly complete: boolean;
    /** Signs in with the password and the code, and asks for one where it is wanted. */
    readonly attempt: (password: string, signIn: (password: string) => Promise<void>) => Promise<void>;
}

export function useCode(): Code {
    const t = useT();
    const [wanted, setWanted] = useState(false);
    const [code, setCode] = useState("");
    const attempt: Code["attempt"] = async (password, signIn) => {
        try {
            // The server takes the code of an authenticator app behind the password, as from every other client.
            await signIn(wanted ? withCode(password, code) : password);
        } catch (thrown) {
            if (CODE_PROBLEMS.has(problemOf(thrown).code)) setWanted(true);
            throw thrown;
        }
    };
    const field = wanted && (
        <TextField
            label={t("signIn.code")}
            hint={t("signIn.codeHint")}
            value={code}
            onChange={setCode}
            inputMode="numeric"
            autoComplete="one-time-code"
            autoFocus
            required
            size="large"
        />
    );
    return { field, complete: !wanted || code.trim() !== "", attempt };
}
