/** How an account is. */
import { Badge, type Tone } from "@veche/kit";
import type { User } from "../../api/api";
import { useT } from "../../app/context";
import { statusOf } from "./people_table";

const TONES: Readonly<Record<ReturnType<typeof statusOf>, Tone>> = {
    active: "success",
    locked: "danger",
    suspended: "warning",
    deactivated: "neutral",
};

export function StatusBadge({ user }: { readonly user: User }) {
    const t = useT();
    const status = statusOf(user);
    return (
        <>
            <Badge tone={TONES[status]}>{t(`people.is.${status}`)}</Badge>
            {user.kind === "guest" && <Badge icon="globe">{t("people.guest")}</Badge>}
        </>
    );
}
