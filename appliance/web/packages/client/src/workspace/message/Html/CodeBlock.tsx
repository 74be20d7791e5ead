/** Code, to be read and copied. */
import { IconButton } from "@veche/kit";
import { useState } from "react";
import { useT } from "../../../app/context";
import styles from "./Html.module.css";

const COPIED_MS = 2_000;

export function CodeBlock({ text, language }: { readonly text: string; readonly language: string | null }) {
    const t = useT();
    const [copied, setCopied] = useState(false);
    const copy = async () => {
        await navigator.clipboard.writeText(text);
        setCopied(true);
        setTimeout(() => {
            setCopied(false);
        }, COPIED_MS);
    };
    return (
        <div className={styles.code}>
            <pre tabIndex={0}>
                <code>{text}</code>
            </pre>
            <div className={styles.codeTools}>
                {language !== null && <span>{language}</span>}
                <IconButton
                    size="small"
                    icon={copied ? "check" : "copy"}
                    label={copied ? t("common.copied") : t("message.copyCode")}
                    onClick={() => void copy()}
                />
            </div>
        </div>
    );
}
