/** The entry: makes the parts and puts them together. */
import { Appearance, AppearanceProvider, I18nProvider, createI18n } from "@veche/kit";
import "@veche/kit/reset.css";
import "@veche/kit/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { SetupApi } from "./api/setup_api";
import { Addresses } from "./app/addresses";
import { App } from "./app/App";
import { Guarded } from "./app/Guarded";
import { ServicesContext } from "./app/context";
import { en } from "./i18n/en";
import { ru } from "./i18n/ru";
import { Memory, tabStorage } from "./wizard/memory";
import { NameCheck } from "./wizard/name_check";
import { SecondFactor } from "./wizard/second_factor";
import { Typed } from "./wizard/typed";
import { Wizard } from "./wizard/wizard";
import "./main.css";

const appearance = new Appearance();
appearance.start();
const i18n = createI18n({ en, ru });
const api = new SetupApi();
const memory = new Memory(tabStorage());
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const wizard = new Wizard({ api, memory, wait, now: () => Date.now() });
const addresses = new Addresses();
const typed = new Typed(memory);
const secondFactor = new SecondFactor(wizard);
const nameCheck = new NameCheck(api, () => wizard.token, wait);
if (addresses.code !== null) typed.set("code", addresses.code);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
    <StrictMode>
        <I18nProvider i18n={i18n}>
            <AppearanceProvider appearance={appearance}>
                <ServicesContext value={{ wizard, typed, nameCheck, secondFactor, addresses }}>
                    <Guarded>
                        <App />
                    </Guarded>
                </ServicesContext>
            </AppearanceProvider>
        </I18nProvider>
    </StrictMode>,
);
void wizard.open();
