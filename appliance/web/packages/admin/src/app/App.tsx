/** The console from the outside: who is signed in decides what is drawn. */
import { ToastProvider, Toasts } from "@veche/kit";
import { useEffect } from "react";
import { Denied } from "../entry/Denied";
import { Failed } from "../entry/Failed";
import { Frame } from "../entry/Frame";
import { SignIn } from "../entry/SignIn";
import { Shell } from "../shell/Shell";
import { Coming } from "../ui/Page";
import { MeContext, useI18n, useServices, useStore } from "./context";

const toasts = new Toasts();

export function App() {
    const { t, language } = useI18n();
    useEffect(() => {
        document.documentElement.lang = language;
    }, [language]);
    return (
        <ToastProvider toasts={toasts} dismissLabel={t("common.dismiss")} regionLabel={t("common.messages")}>
            <Content />
        </ToastProvider>
    );
}

function Content() {
    const { session } = useServices();
    const { t } = useI18n();
    const state = useStore(session);
    switch (state.phase) {
        case "starting":
            return <Frame title={t("app.console")}><Coming lines={3} /></Frame>;
        case "signedOut":
            return <SignIn reason={state.reason} />;
        case "denied":
            return <Denied userId={state.userId} />;
        case "failed":
            return <Failed problem={state.problem} />;
        case "ready":
            return (
                <MeContext value={state.me}>
                    <Shell />
                </MeContext>
            );
    }
}
