/** The browser lacks something that there is no doing without. */
import type { Missing } from "@veche/protocol";
import { useT } from "../../app/context";
import { Frame } from "../Frame/Frame";

export function Unsupported({ missing }: { readonly missing: Missing }) {
    const t = useT();
    return <Frame title={t("unsupported.title")} text={t(`unsupported.${missing}`)} />;
}
