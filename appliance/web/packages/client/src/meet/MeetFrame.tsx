/** What stands around a guest's page before the call. */
import type { ReactNode } from "react";
import { useT } from "../app/context";
import { Frame } from "../entry/Frame/Frame";

interface Props {
    readonly title: string;
    /** Who invites; undefined: that is not known, or does not matter any more. */
    readonly organisation?: string | null;
    readonly children: ReactNode;
}

export function MeetFrame({ title, organisation, children }: Props) {
    const t = useT();
    const server = location.host;
    if (organisation === undefined) return <Frame title={title}>{children}</Frame>;
    return (
        <Frame title={title} text={organisation === null ? t("meet.host", { server }) : t("meet.by", { organisation, server })}>
            {children}
        </Frame>
    );
}
