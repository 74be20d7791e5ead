/** The same as at signing in, opened from a message that cannot be read or from the settings. */
import { Dialog } from "@veche/kit";
import { useT } from "../../app/context";
import { useUi } from "../ui/ui_store";
import { RecoverSteps } from "./RecoverSteps";

export default function RecoverDialog() {
    const t = useT();
    const ui = useUi();
    return (
        <Dialog open onClose={ui.close} title={t("recover.title")} description={t("recover.text")} closeLabel={t("common.close")}>
            <RecoverSteps onDone={ui.close} laterLabel={t("common.cancel")} />
        </Dialog>
    );
}
