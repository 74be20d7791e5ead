/** Who is signed in; how the console looks; the way out. */
import { Avatar, Button, Icon, Menu, MenuGroup, MenuItem, MenuSeparator, useTheme } from "@veche/kit";
import { useState } from "react";
import { useI18n, useMe, useServices } from "../app/context";
import { nameOf } from "../ui/name_of";
import { SecondFactorDialog } from "./SecondFactorDialog";
import styles from "./Shell.module.css";

const THEMES = ["light", "dark", "system"] as const;

export function AccountMenu() {
    const { t, language, setLanguage } = useI18n();
    const me = useMe();
    const { session } = useServices();
    const { theme, setTheme } = useTheme();
    const [factor, setFactor] = useState(false);
    return (
        <div className={styles.account}>
            <Avatar name={nameOf(me.user_id, null)} id={me.user_id} size={32} decorative />
            <div className={styles.who}>
                <span className={styles.user}>{nameOf(me.user_id, null)}</span>
                <span className={styles.role}>{t(`role.${me.role}`)}</span>
            </div>
            <Menu label={t("shell.account")} placement="top-end" trigger={<Button variant="ghost" size="small" aria-label={t("shell.account")}><Icon name="more" size={20} /></Button>}>
                <MenuGroup label={t("shell.theme")}>
                    {THEMES.map((name) => (
                        <MenuItem key={name} checked={theme === name} onSelect={() => { setTheme(name); }}>
                            {t(`shell.theme.${name}`)}
                        </MenuItem>
                    ))}
                </MenuGroup>
                <MenuGroup label={t("common.language")}>
                    <MenuItem checked={language === "en"} onSelect={() => { setLanguage("en"); }}>
                        English
                    </MenuItem>
                    <MenuItem checked={language === "ru"} onSelect={() => { setLanguage("ru"); }}>
                        Русский
                    </MenuItem>
                </MenuGroup>
                <MenuSeparator />
                <MenuItem icon="shield" onSelect={() => { setFactor(true); }}>
                    {t("factor.title")}
                </MenuItem>
                <MenuItem icon="chat" onSelect={() => { window.open("/", "_blank", "noopener"); }}>
                    {t("shell.toChat")}
                </MenuItem>
                <MenuItem icon="logout" onSelect={() => void session.signOut()}>
                    {t("shell.signOut")}
                </MenuItem>
            </Menu>
            {factor && <SecondFactorDialog onClose={() => { setFactor(false); }} />}
        </div>
    );
}
