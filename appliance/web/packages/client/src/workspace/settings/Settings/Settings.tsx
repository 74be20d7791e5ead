/** Settings of the account and of this device. */
import { Icon, IconButton, type IconName } from "@veche/kit";
import { useEffect, useRef } from "react";
import { useRouter, useT } from "../../../app/context";
import { SETTINGS_TABS, type SettingsTab, write } from "../../../app/router";
import { About } from "../pages/About";
import { AppearancePage } from "../pages/AppearancePage";
import { Devices } from "../pages/Devices";
import { Encryption } from "../pages/Encryption";
import { Notifications } from "../pages/Notifications";
import { Privacy } from "../pages/Privacy";
import { ProfilePage } from "../pages/ProfilePage";
import styles from "./Settings.module.css";

const ICONS: Readonly<Record<SettingsTab, IconName>> = {
    profile: "user",
    appearance: "sliders",
    notifications: "bell",
    privacy: "eye",
    encryption: "shield",
    devices: "laptop",
    about: "info",
};

const PAGES: Readonly<Record<SettingsTab, () => React.ReactNode>> = {
    profile: ProfilePage,
    appearance: AppearancePage,
    notifications: Notifications,
    privacy: Privacy,
    encryption: Encryption,
    devices: Devices,
    about: About,
};

export default function Settings({ tab }: { readonly tab: SettingsTab }) {
    const t = useT();
    const router = useRouter();
    const Page = PAGES[tab];
    const nav = useRef<HTMLElement>(null);
    useEffect(() => {
        // On a narrow screen the pages stand in a row of which only a part is seen.
        nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    }, [tab]);
    return (
        <main className={styles.settings}>
            <header className={styles.head}>
                <IconButton icon="arrow-left" label={t("room.back")} tooltip={false} onClick={() => { router.go({ page: "home" }); }} />
                <h1 className={styles.title}>{t("settings.title")}</h1>
            </header>
            <nav ref={nav} className={styles.nav} aria-label={t("settings.title")}>
                {SETTINGS_TABS.map((id) => (
                    <a key={id} href={write({ page: "settings", tab: id })} className={styles.link} aria-current={id === tab ? "page" : undefined}>
                        <Icon name={ICONS[id]} size={20} />
                        {t(`settings.${id}`)}
                    </a>
                ))}
            </nav>
            <div className={styles.page}>
                <h2 className={styles.heading}>{t(`settings.${tab}`)}</h2>
                <Page />
            </div>
        </main>
    );
}
