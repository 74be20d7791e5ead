/** The password, and the code of the authenticator app where there is a second factor; or a passkey in place of both. */
import { TextField } from "@veche/kit";
import { isPasskeyProof } from "@veche/protocol";
import { useT } from "../app/context";
import { PasskeyInstead } from "../app/passkeys";

export interface ProofFieldsProps {
    readonly password: string;
    readonly onPassword: (password: string) => void;
    /** Null: no code is asked for. */
    readonly code: string | null;
    readonly onCode: (code: string) => void;
    readonly label: string;
    readonly hint?: string | undefined;
    readonly size?: "medium" | "large" | undefined;
}

export function ProofFields({ password, onPassword, code, onCode, label, hint, size = "medium" }: ProofFieldsProps) {
    const t = useT();
    return (
        <>
            <TextField
                label={label}
                hint={hint}
                type="password"
                value={password}
                onChange={onPassword}
                autoComplete="current-password"
                reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
                size={size}
                required
            />
            <PasskeyInstead password={password} onProof={onPassword} />
            {code !== null && !isPasskeyProof(password) && (
                <TextField label={t("proof.code")} hint={t("proof.codeHint")} value={code} onChange={onCode} inputMode="numeric" autoComplete="one-time-code" maxLength={9} size={size} required />
            )}
        </>
    );
}
