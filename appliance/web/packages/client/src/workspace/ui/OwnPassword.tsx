/** One's own password, asked for once more; a passkey stands for it, where one has any. */
import { TextField } from "@veche/kit";
import { useEffect, useState } from "react";
import { useEngine, useT } from "../../app/context";
import { PasskeyInstead } from "../../app/passkeys";

interface OwnPasswordProps {
    readonly label: string;
    readonly hint?: string | undefined;
    readonly error?: string | null;
    readonly value: string;
    /** What was typed, or what a passkey has proved. */
    readonly onChange: (password: string) => void;
    readonly autoFocus?: boolean;
}

export function OwnPassword({ label, hint, error = null, value, onChange, autoFocus = false }: OwnPasswordProps) {
    const t = useT();
    const hasPasskey = useHasPasskey();
    return (
        <>
            <TextField
                label={label}
                hint={hint}
                error={error ?? undefined}
                value={value}
                onChange={onChange}
                type="password"
                autoComplete="current-password"
                reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
                autoFocus={autoFocus}
            />
            {hasPasskey && <PasskeyInstead password={value} onProof={onChange} />}
        </>
    );
}

/** No until the server has said it; whoever cannot be told types the password. */
function useHasPasskey(): boolean {
    const { account } = useEngine();
    const [has, setHas] = useState(false);
    useEffect(() => {
        let here = true;
        account.passkeys().then(
            (passkeys) => {
                if (here) setHas(passkeys !== null && passkeys.length > 0);
            },
            () => undefined,
        );
        return () => {
            here = false;
        };
    }, [account]);
    return has;
}
