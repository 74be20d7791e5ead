/** What stands around every page: the menu at the side, or behind a button on a narrow screen. */
import { Avatar, EmptyState, Icon, IconButton, Logo, Sheet, useMediaQuery } from "@veche/kit";
import { useEffect, useRef, useState } from "react";
import { useMe, useRoute, useT } from "../app/context";
import { PAGES } from "../pages/pages";
import { Link } from "../ui/Link";
import { Page } from "../ui/Page";
import { nameOf } from "../ui/name_of";
import { AccountMenu } from "./AccountMenu";
import styles from "./Shell.module.css";
import { maySee, menuOf } from "./menu";

export function Shell() {
    const t = useT();
    const route = useRoute();
    const me = useMe();
    const main = useRef<HTMLElement>(null);
    const narrow = useMediaQuery("(max-width: 60rem)");
    const place = "userId" in route ? route.userId : "roomId" in route ? route.roomId : "";
    useEffect(() => {
        // Another page begins at its top.
        main.current?.scrollTo(0, 0);
    }, [route.page, place]);
    return (
        <div className={styles.shell}>
            <a className={styles.skip} href="#main">
                {t("shell.skip")}
            </a>
            {narrow ? <TopBar /> : (
                <aside className={styles.side}>
                    <Brand />
                    <MenuList />
                    <AccountMenu />
                </aside>
            )}
            <main ref={main} id="main" className={styles.main} tabIndex={-1}>
                {maySee(me, route.page) ? <Current key={`${route.page} ${place}`} /> : <NotGranted />}
            </main>
        </div>
    );
}

function Current() {
    const route = useRoute();
    const Shown = PAGES[route.page];
    return <Shown />;
}

function Brand() {
    const t = useT();
    return (
        <div className={styles.brand}>
            <Logo size={24} />
            <span className={styles.name}>{t("app.name")}</span>
            <span className={styles.what}>{t("app.what")}</span>
        </div>
    );
}

function MenuList({ onGo }: { readonly onGo?: () => void }) {
    const t = useT();
    const route = useRoute();
    const me = useMe();
    return (
        <nav className={styles.menu} aria-label={t("shell.menu")}>
            {menuOf(me).map((group) => (
                <div key={group.id} className={styles.group}>
                    {group.id !== "overview" && <h2 className={styles.heading}>{t(`menu.${group.id}`)}</h2>}
                    <ul>
                        {group.items.map(({ route: to, icon, pages }) => (
                            <li key={to.page}>
                                <Link to={to} className={styles.item} aria-current={pages.includes(route.page) ? "page" : undefined} onClick={onGo}>
                                    <Icon name={icon} size={16} />
                                    {t(`page.${to.page}`)}
                                </Link>
                            </li>
                        ))}
                    </ul>
                </div>
            ))}
        </nav>
    );
}

function TopBar() {
    const t = useT();
    const me = useMe();
    const [open, setOpen] = useState(false);
    const close = () => {
        setOpen(false);
    };
    return (
        <header className={styles.top}>
            <IconButton icon="menu" label={t("shell.menu")} tooltip={false} onClick={() => { setOpen(true); }} />
            <Brand />
            <Avatar name={nameOf(me.user_id, null)} id={me.user_id} size={32} decorative />
            <Sheet open={open} onClose={close} title={t("shell.menu")} closeLabel={t("common.close")} side="start">
                <MenuList onGo={close} />
                <AccountMenu />
            </Sheet>
        </header>
    );
}

/** Somebody has followed a link to what he may not see. */
function NotGranted() {
    const t = useT();
    return (
        <Page title={t("notGranted.title")}>
            <EmptyState icon="lock" level={2} title={t("notGranted.heading")} text={t("notGranted.text")} />
        </Page>
    );
}
