/** A new device of an account that has keys already: the recovery key opens the history, or another device vouches. */
import { Dialog } from "@veche/kit";
import { useT } from "../../app/context";
import { RecoverSteps } from "./RecoverSteps";

export default function Recover({ onDone }: { readonly onDone: () => void }) {
    const t = useT();
    return (
        <Dialog open dismissible={false} onClose={() => undefined} title={t("recover.title")} description={t("recover.text")} closeLabel={t("common.close")}>
            <RecoverSteps onDone={onDone} laterLabel={t("recover.later")} />
        </Dialog>
    );
}
