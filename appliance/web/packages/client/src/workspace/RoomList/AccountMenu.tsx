/** Who I am, and what concerns me and not a room. */
import { Icon, Menu, MenuGroup, MenuItem, MenuSeparator } from "@veche/kit";
import { UNTIL_SWITCHED_OFF } from "@veche/protocol";
import { useI18n, useMe, useRouter, useServices, useSettings, useT } from "../../app/context";
import { useNow } from "../../app/use_now";
import { PersonAvatar } from "../Avatars/Avatars";
import { OtherAccounts } from "../../offline/OtherAccounts";
import { useOthersWaiting } from "../../offline/use_others";
import { useUi } from "../ui/ui_store";
import styles from "./AccountMenu.module.css";

const HALF_HOUR_MS = 30 * 60 * 1000;
const HOUR_MS = 2 * HALF_HOUR_MS;
/** When tomorrow begins at work. */
const MORNING_HOUR = 8;

function tomorrowMorning(): number {
    const morning = new Date();
    morning.setDate(morning.getDate() + 1);
    morning.setHours(MORNING_HOUR, 0, 0, 0);
    return morning.getTime();
}

export function AccountMenu() {
    const t = useT();
    const ui = useUi();
    const router = useRouter();
    const { name, userId, avatar } = useMe();
    const others = useOthersWaiting();
    const words = others.unread > 0 ? `${t("account.menuOf", { name })}; ${t("accounts.waiting", { count: others.unread })}` : t("account.menuOf", { name });
    return (
        <Menu
            label={t("account.menu")}
            trigger={
                <button type="button" className={styles.trigger} aria-label={words}>
                    <PersonAvatar id={userId} name={name} picture={avatar} size={32} />
                    <span className={styles.words}>
                        <span className={styles.name}>{name}</span>
                        <Quiet />
                    </span>
                    {others.unread > 0 && <span className={styles.dot} data-mentions={others.mentions > 0 || undefined} aria-hidden="true" />}
                    <Icon name="chevron-down" size={16} />
                </button>
            }
        >
            <MenuItem icon="user" onSelect={() => { router.go({ page: "settings", tab: "profile" }); }}>
                {t("account.profile")}
            </MenuItem>
            <MenuItem icon="settings" shortcut="Mod+," onSelect={() => { router.go({ page: "settings", tab: "appearance" }); }}>
                {t("account.settings")}
            </MenuItem>
            <MenuItem icon="shield" onSelect={() => { router.go({ page: "settings", tab: "encryption" }); }}>
                {t("account.encryption")}
            </MenuItem>
            <MenuSeparator />
            <QuietGroup />
            <MenuSeparator />
            <OtherAccounts />
            <MenuSeparator />
            <MenuItem icon="keyboard" shortcut="?" onSelect={() => { ui.open({ kind: "help" }); }}>
                {t("account.shortcuts")}
            </MenuItem>
            <MenuItem icon="logout" danger onSelect={() => { ui.open({ kind: "signOut" }); }}>
                {t("account.signOut")}
            </MenuItem>
        </Menu>
    );
}

function Quiet() {
    const { t, format } = useI18n();
    const { settings } = useServices();
    const until = useSettings().doNotDisturbUntil;
    const now = useNow();
    if (until === null || !settings.quiet(now)) return null;
    return (
        <span className={styles.quiet}>
            <Icon name="moon" size={12} />
            {until === UNTIL_SWITCHED_OFF ? t("quiet.on") : t("quiet.until", { time: format.time(until) })}
        </span>
    );
}

function QuietGroup() {
    const t = useT();
    const { settings } = useServices();
    const quiet = settings.quiet(useNow());
    useSettings();
    const set = (until: number | null) => () => {
        settings.change({ doNotDisturbUntil: until });
    };
    return (
        <MenuGroup label={t("quiet.title")}>
            {quiet ? (
                <MenuItem icon="bell" onSelect={set(null)}>
                    {t("quiet.off")}
                </MenuItem>
            ) : (
                <>
                    <MenuItem icon="moon" onSelect={() => { set(Date.now() + HALF_HOUR_MS)(); }}>
                        {t("quiet.halfHour")}
                    </MenuItem>
                    <MenuItem icon="moon" onSelect={() => { set(Date.now() + HOUR_MS)(); }}>
                        {t("quiet.hour")}
                    </MenuItem>
                    <MenuItem icon="moon" onSelect={() => { set(tomorrowMorning())(); }}>
                        {t("quiet.tomorrow")}
                    </MenuItem>
                    <MenuItem icon="moon" onSelect={set(UNTIL_SWITCHED_OFF)}>
                        {t("quiet.always")}
                    </MenuItem>
                </>
            )}
        </MenuGroup>
    );
}
