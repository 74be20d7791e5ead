/** A link in a message: to a person, to a room, or out. */
import { type Target, parseLink } from "@veche/protocol/engine";
import type { ReactNode } from "react";
import { useEngine, useRoute, useRouter } from "../../../app/context";
import { write } from "../../../app/router";
import styles from "./Html.module.css";

const OUTWARD = /^(https?|ftp|mailto|magnet|tel):/i;

export function MessageLink({ href, children }: { readonly href: string; readonly children: ReactNode }) {
    const target = parseLink(href);
    if (target) return <InnerLink target={target}>{children}</InnerLink>;
    if (!OUTWARD.test(href)) return <span>{children}</span>;
    return (
        <a href={href} target="_blank" rel="noreferrer noopener">
            {children}
        </a>
    );
}

function InnerLink({ target, children }: { readonly target: Target; readonly children: ReactNode }) {
    const engine = useEngine();
    const route = useRoute();
    const router = useRouter();
    if (target.kind === "user") {
        const { userId } = target;
        const open = () => {
            if (route.page === "room") router.panel({ kind: "person", userId });
        };
        return (
            <button type="button" className={styles.pill} data-me={userId === engine.me || undefined} onClick={open}>
                {children}
            </button>
        );
    }
    const { roomId, eventId } = target;
    // A guest is in one room only, and leaves it by no link.
    if (engine.guest) return <span>{children}</span>;
    return <a href={write({ page: "room", roomId, eventId, panel: null })}>{children}</a>;
}
