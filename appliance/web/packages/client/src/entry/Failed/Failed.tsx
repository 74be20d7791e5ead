/** The session could not be opened. */
import { Banner, Button } from "@veche/kit";
import type { ProblemCode } from "@veche/protocol";
import { useServices, useT } from "../../app/context";
import { problemText } from "../../app/problems";
import { Frame } from "../Frame/Frame";
import form from "../form.module.css";

export function Failed({ code, detail, userId }: { readonly code: ProblemCode; readonly detail: string | null; readonly userId: string | null }) {
    const t = useT();
    const { session } = useServices();
    return (
        <Frame title={t("failed.title")} text={problemText(t, code)}>
            <div className={form.form}>
                {detail !== null && <Banner tone="info">{detail}</Banner>}
                <div className={form.actions}>
                    <Button variant="primary" size="large" block onClick={() => void session.retry()}>
                        {t("common.retry")}
                    </Button>
                    {userId !== null && (
                        <Button variant="ghost" block onClick={() => void session.signOut()}>
                            {t("failed.signOut")}
                        </Button>
                    )}
                </div>
            </div>
        </Frame>
    );
}
