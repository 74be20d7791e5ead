/** Every setting, with what it is and where that comes from. A press opens one, with its history. */
import { Badge, Icon, TextField } from "@veche/kit";
import { useState } from "react";
import { useApi, useLoaded, useRoute, useRouter, useT } from "../../app/context";
import { Resource } from "../../base/resource";
import { Link } from "../../ui/Link";
import { Card, Page, Shown } from "../../ui/Page";
import { SettingSheet } from "./SettingSheet";
import styles from "./Settings.module.css";
import { Value } from "./Value";
import { type Setting, sections } from "./setting_value";
import { sectionName, settingName, settingText } from "./settings_words";

export function Settings() {
    const t = useT();
    const api = useApi();
    const route = useRoute();
    const router = useRouter();
    const key = route.page === "settings" ? route.key : null;
    const [search, setSearch] = useState("");
    const [onlyMine, setOnlyMine] = useState(true);
    const list = useLoaded(() => new Resource(async (signal) => (await api.get("/api/admin/v1/settings", { signal })).settings));
    const fits = (setting: Setting) => {
        const words = `${setting.key} ${settingName(t, setting.key)} ${settingText(t, setting.key) ?? ""}`;
        return words.toLocaleLowerCase().includes(search.trim().toLocaleLowerCase()) && (!onlyMine || search !== "" || setting.fixed !== "machine");
    };
    return (
        <Page title={t("page.settings")} text={t("settings.text")}>
            <div className={styles.toolbar}>
                <TextField label={t("settings.search")} hideLabel placeholder={t("settings.search")} type="search" icon="search" value={search} onChange={setSearch} clearLabel={t("common.clear")} />
                <button type="button" className={styles.toggle} aria-pressed={!onlyMine} onClick={() => { setOnlyMine(!onlyMine); }}>
                    {t("settings.all")}
                </button>
            </div>
            <Shown of={list} lines={12}>
                {(settings) => {
                    const open = settings.find((setting) => setting.key === key);
                    return (
                        <>
                            {sections(settings.filter(fits)).map(([section, those]) => (
                                <Card key={section} flush title={sectionName(t, section)}>
                                    <ul className={styles.list}>
                                        {those.map((setting) => <Row key={setting.key} setting={setting} />)}
                                    </ul>
                                </Card>
                            ))}
                            {open && (
                                <SettingSheet
                                    key={open.key}
                                    setting={open}
                                    onClose={() => { router.go({ page: "settings", key: null }); }}
                                    onChange={(changed) => { list.set(settings.map((it) => (it.key === changed.key ? changed : it))); }}
                                />
                            )}
                        </>
                    );
                }}
            </Shown>
        </Page>
    );
}

function Row({ setting }: { readonly setting: Setting }) {
    const t = useT();
    const text = settingText(t, setting.key);
    return (
        <li className={styles.row}>
            <Link to={{ page: "settings", key: setting.key }} className={styles.link}>
                <span className={styles.words}>
                    <span className={styles.name}>{settingName(t, setting.key)}</span>
                    {text !== null && <span className={styles.text}>{text}</span>}
                </span>
                <span className={styles.value}>
                    <Value setting={setting} value={setting.value} />
                    <span className={styles.badges}>
                        {setting.pending && <Badge tone="warning">{t("settings.pending")}</Badge>}
                        {setting.source !== "default" && <Badge>{t(`settings.source.${setting.source}`)}</Badge>}
                    </span>
                </span>
                <Icon name={setting.fixed === null || setting.fixed === "elsewhere" ? "chevron-right" : "lock"} size={16} />
            </Link>
        </li>
    );
}
