/** The entry: makes the parts and puts them together. */
import { Appearance, AppearanceProvider, I18nProvider, createI18n } from "@veche/kit";
import "@veche/kit/reset.css";
import "@veche/kit/tokens.css";
import { Homeserver, Profiles, SessionStore, SettingsStore, TabLeader } from "@veche/protocol";
import type { Engine } from "@veche/protocol/engine";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { Guarded } from "./app/Guarded";
import { ServicesContext } from "./app/context";
import { listPainted, loadAhead, loadEngine } from "./app/code";
import { agentOf } from "./app/device_name";
import { Router } from "./app/router";
import { registerServiceWorker, reloadOnNewVersion } from "./app/service_worker";
import { en } from "./i18n/en";
import { ru } from "./i18n/ru";
import "./main.css";

const appearance = new Appearance();
appearance.start();
const i18n = createI18n({ en, ru });
const settings = new SettingsStore();

const session = new SessionStore<Engine>({
    homeserver: new Homeserver(location.origin),
    leader: new TabLeader(),
    openProfiles: () => Profiles.open(),
    startEngine: async (opened, keeper, hooks, list) => {
        // The list of the last visit first: what the session is opened with keeps the page busy for a while.
        if (list) await listPainted();
        const { startEngine } = await loadEngine();
        return startEngine(opened, keeper, hooks, {
            settings,
            list,
            roomNames: {
                empty: (former) => (former === null ? i18n.t("room.empty") : i18n.t("room.emptyWas", { name: former })),
                people: (names, others) =>
                    others > 0 ? i18n.t("room.people", { names: names.join(", "), count: others }) : i18n.format.list(names),
            },
        });
    },
    deviceName: () => {
        const { browser, system } = agentOf(navigator.userAgent);
        return i18n.t("device.name", { browser: browser ?? i18n.t("device.browser"), system: system ?? i18n.t("device.system") });
    },
});

const router = new Router();
// A guest's page has nothing to do with the accounts that are signed in here.
if (router.getSnapshot().page !== "meet") {
    // Databases are opened while the page is being drawn for the first time.
    loadAhead(session);
    void session.begin();
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
    <StrictMode>
        <I18nProvider i18n={i18n}>
            <AppearanceProvider appearance={appearance}>
                <ServicesContext value={{ session, settings, router }}>
                    <Guarded>
                        <App />
                    </Guarded>
                </ServicesContext>
            </AppearanceProvider>
        </I18nProvider>
    </StrictMode>,
);
registerServiceWorker();
reloadOnNewVersion();
