/** The page from the outside: who is signed in decides what is drawn. */
import { ToastProvider, Toasts } from "@veche/kit";
import { Suspense, lazy, useEffect } from "react";
import { Elsewhere } from "../entry/Elsewhere/Elsewhere";
import { Expired } from "../entry/Expired/Expired";
import { Failed } from "../entry/Failed/Failed";
import { Loading } from "../entry/Loading/Loading";
import { Register } from "../entry/Register/Register";
import { SignIn } from "../entry/SignIn/SignIn";
import { Unsupported } from "../entry/Unsupported/Unsupported";
import { loadRunning, loadWorkspace, workspace } from "./code";
import { useI18n, useRoute, useServices, useStore } from "./context";

const MeetPage = lazy(() => import("../meet/MeetPage"));

const toasts = new Toasts();

export function App() {
    const { t, language } = useI18n();
    useEffect(() => {
        document.documentElement.lang = language;
    }, [language]);
    return (
        <ToastProvider toasts={toasts} dismissLabel={t("common.dismiss")} regionLabel={t("common.messages")}>
            <Page />
        </ToastProvider>
    );
}

function Page() {
    const route = useRoute();
    // Guests have no account here, and whoever has one comes in as a guest all the same.
    if (route.page !== "meet") return <Account />;
    return (
        <Suspense fallback={<Loading step={null} />}>
            <MeetPage key={route.token} token={route.token} />
        </Suspense>
    );
}

function Account() {
    const { session } = useServices();
    const state = useStore(session);
    const route = useRoute();
    const draw = useStore(workspace);
    const signedIn = state.phase === "loading" || state.phase === "ready";
    useEffect(() => {
        // Its code comes while the session is being opened.
        // A part of the code that is not there any more loads the page anew; without a network, trying again helps.
        if (signedIn) loadWorkspace().then(loadRunning).catch(() => undefined);
    }, [signedIn]);
    switch (state.phase) {
        case "starting":
            return <Loading step={null} />;
        case "loading":
        case "ready": {
            const list = state.phase === "loading" ? state.list : null;
            const engine = state.phase === "ready" ? state.engine : null;
            if (!draw || (!engine && !list)) return <Loading step={state.phase === "loading" ? state.step : "code"} />;
            // One and the same while the session is being opened and when it is: the list that people look at stays.
            return draw({ userId: state.userId, engine, list });
        }
        case "signingOut":
            return <Loading step="signingOut" />;
        case "unsupported":
            return <Unsupported missing={state.missing} />;
        case "elsewhere":
            return <Elsewhere takingOver={state.takingOver} />;
        case "failed":
            return <Failed code={state.code} detail={state.detail} userId={state.userId} />;
        case "expired":
            return <Expired userId={state.userId} why={state.why} />;
        case "signedOut":
            return route.page === "register" ? <Register invitation={route.token} /> : <SignIn reason={state.reason} />;
    }
}
