/** The entry: makes the parts and puts them together. */
import { Appearance, AppearanceProvider, I18nProvider, createI18n } from "@veche/kit";
import "@veche/kit/reset.css";
import "@veche/kit/tokens.css";
import { Homeserver } from "@veche/protocol";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { Guarded } from "./app/Guarded";
import { ServicesContext } from "./app/context";
import { browserOf } from "./app/device_name";
import { Router } from "./app/router";
import { en } from "./i18n/en";
import { ru } from "./i18n/ru";
import "./main.css";
import { SessionStore } from "./session/session_store";
import { browserTabs } from "./session/tabs";

const appearance = new Appearance();
appearance.start();
const i18n = createI18n({ en, ru });

const session = new SessionStore({
    homeserver: new Homeserver(location.origin),
    tabStorage: sessionStorage,
    browserStorage: localStorage,
    tabs: browserTabs(),
    deviceName: () => i18n.t("device.name", { browser: browserOf(navigator.userAgent) ?? i18n.t("device.browser") }),
});
for (const event of ["pointerdown", "keydown"]) {
    window.addEventListener(event, () => {
        session.touch();
    });
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
    <StrictMode>
        <I18nProvider i18n={i18n}>
            <AppearanceProvider appearance={appearance}>
                <ServicesContext value={{ session, router: new Router() }}>
                    <Guarded>
                        <App />
                    </Guarded>
                </ServicesContext>
            </AppearanceProvider>
        </I18nProvider>
    </StrictMode>,
);
void session.begin();
