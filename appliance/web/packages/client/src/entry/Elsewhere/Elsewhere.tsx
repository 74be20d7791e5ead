/** Another tab works with the session. */
import { Button } from "@veche/kit";
import { useServices, useT } from "../../app/context";
import { Frame } from "../Frame/Frame";
import form from "../form.module.css";

export function Elsewhere({ takingOver }: { readonly takingOver: boolean }) {
    const t = useT();
    const { session } = useServices();
    return (
        <Frame title={t("elsewhere.title")} text={t("elsewhere.text")}>
            <div className={form.form}>
                <Button variant="primary" size="large" block busy={takingOver} onClick={() => void session.takeOver()}>
                    {t("elsewhere.takeOver")}
                </Button>
            </div>
        </Frame>
    );
}
