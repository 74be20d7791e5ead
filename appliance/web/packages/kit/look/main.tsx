/** A page with every component in every state, to look at. `?theme=dark&density=compact` chooses how. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Appearance, AppearanceProvider, I18nProvider, ToastProvider, Toasts, createI18n } from "../src";
import "../src/styles/tokens.css";
import "../src/styles/reset.css";
import { Page } from "./Page";
import { en, ru } from "./catalogs";

const asked = new URLSearchParams(location.search);
const appearance = new Appearance();
appearance.start();
const theme = asked.get("theme");
if (theme === "light" || theme === "dark") {
    appearance.setTheme(theme);
}
const density = asked.get("density");
if (density === "compact" || density === "comfortable") {
    appearance.setDensity(density);
}
const language = asked.get("language");
const i18n = createI18n({ en, ru }, { language: language === "ru" ? "ru" : "en" });

const root = document.getElementById("root");
if (root === null) {
    throw new Error("index.html has no #root");
}
createRoot(root).render(
    <StrictMode>
        <I18nProvider i18n={i18n}>
            <AppearanceProvider appearance={appearance}>
                <ToastProvider toasts={new Toasts()} dismissLabel={i18n.t("close")} regionLabel={i18n.t("messages")}>
                    <Page />
                </ToastProvider>
            </AppearanceProvider>
        </I18nProvider>
    </StrictMode>,
);
