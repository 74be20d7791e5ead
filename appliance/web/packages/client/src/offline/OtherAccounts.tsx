/** The other accounts of this device, in the menu of the one that is open. */
import { MenuGroup, MenuItem } from "@veche/kit";
import { useRouter, useServices, useStore, useT } from "../app/context";

export function OtherAccounts() {
    const t = useT();
    const router = useRouter();
    const { session } = useServices();
    const { profiles, active } = useStore(session.accounts);
    const others = profiles.filter(({ id }) => id !== active);
    const leave = (work: () => Promise<void>) => () => {
        // Where one is belongs to the account that is left.
        router.replace({ page: "home" });
        void work();
    };
    return (
        <MenuGroup label={t("accounts.title")}>
            {others.map(({ id, name, userId }) => (
                <MenuItem key={id} icon="user" hint={name === userId ? undefined : userId} onSelect={leave(() => session.switchTo(id))}>
                    {t("accounts.switchTo", { name })}
                </MenuItem>
            ))}
            <MenuItem icon="user-add" onSelect={leave(() => session.add())}>
                {t("accounts.add")}
            </MenuItem>
        </MenuGroup>
    );
}
