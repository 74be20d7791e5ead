/** What the parts of the page share, and the hooks by which they read it. */
import { type Localized, type Translate, useI18n as useKitI18n, useT as useKitT } from "@veche/kit";
import type { SessionStore, Settings, SettingsStore, Store } from "@veche/protocol";
import type { Engine } from "@veche/protocol/engine";
import { createContext, use, useSyncExternalStore } from "react";
import type { en } from "../i18n/en";
import type { Route, Router } from "./router";

export interface Services {
    readonly session: SessionStore<Engine>;
    readonly settings: SettingsStore;
    readonly router: Router;
}

export const ServicesContext = createContext<Services | null>(null);
export const EngineContext = createContext<Engine | null>(null);

export function useServices(): Services {
    const services = use(ServicesContext);
    if (!services) throw new Error("There is no ServicesContext around this component");
    return services;
}

/** The running session; only below the workspace. */
export function useEngine(): Engine {
    const engine = use(EngineContext);
    if (!engine) throw new Error("There is no EngineContext around this component");
    return engine;
}

/** A store's value, drawn anew when it changes. */
export function useStore<T>(store: Pick<Store<T>, "subscribe" | "getSnapshot">): T {
    return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

export const useRouter = (): Router => useServices().router;
export const useRoute = (): Route => useStore(useRouter());
export const useSettings = (): Settings => useStore(useServices().settings);

export type Texts = typeof en;
export type T = Translate<Texts>;
export const useT = (): T => useKitT<Texts>();
export const useI18n = (): Localized<Texts> => useKitI18n<Texts>();
