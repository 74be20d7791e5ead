/** The other accounts of this device, in the menu of the one that is open. */
import { CountBadge, MenuGroup, MenuItem } from "@veche/kit";
import type { Profile } from "@veche/protocol";
import { useRouter, useServices, useStore, useT } from "../app/context";

export function OtherAccounts() {
    const t = useT();
    const router = useRouter();
    const { session } = useServices();
    const { profiles, active } = useStore(session.accounts);
    const { ended } = useStore(session.others);
    const others = profiles.filter(({ id }) => id !== active);
    const leave = (work: () => Promise<void>) => () => {
        // Where one is belongs to the account that is left.
        router.replace({ page: "home" });
        void work();
    };
    return (
        <MenuGroup label={t("accounts.title")}>
            {others.map(({ id, name, userId }) => (
                <MenuItem
                    key={id}
                    icon="user"
                    hint={name === userId ? undefined : userId}
                    badge={<Count id={id} />}
                    onSelect={leave(() => session.switchTo(id))}
                >
                    {t("accounts.switchTo", { name })}
                </MenuItem>
            ))}
            {signedOut(ended, profiles).map(({ id, name }) => (
                <MenuItem key={id} icon="logout" hint={t("accounts.endedHint")} onSelect={leave(() => session.add())}>
                    {t("accounts.ended", { name })}
                </MenuItem>
            ))}
            <MenuItem icon="user-add" onSelect={leave(() => session.add())}>
                {t("accounts.add")}
            </MenuItem>
        </MenuGroup>
    );
}

/** Those that are not here again by now. */
function signedOut(ended: readonly Profile[], profiles: readonly Profile[]): readonly Profile[] {
    const here = new Set(profiles.map(({ userId }) => userId));
    return ended.filter(({ userId }) => !here.has(userId));
}

/** What waits in an account that is not open. */
function Count({ id }: { readonly id: string }) {
    const t = useT();
    const { session } = useServices();
    const { unread, mentions } = useStore(session.others).waiting.get(id) ?? { unread: 0, mentions: 0 };
    if (mentions > 0) return <CountBadge count={mentions} tone="accent" label={t("list.mentions", { count: mentions })} />;
    return <CountBadge count={unread} label={t("list.unread", { count: unread })} />;
}
