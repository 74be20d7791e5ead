/** Where a fault in drawing ends. */
import { Boundary } from "@veche/kit";
import type { ReactNode } from "react";
import { useT } from "./context";

export function Guarded({ children }: { readonly children: ReactNode }) {
    const t = useT();
    return (
        <Boundary title={t("broken.title")} text={t("broken.text")} reload={t("broken.reload")}>
            {children}
        </Boundary>
    );
}
