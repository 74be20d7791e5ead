/** What the parts of the page share, and the hooks by which they read it. */
import { type Localized, type Translate, useI18n as useKitI18n, useT as useKitT } from "@veche/kit";
import { Cell, type ListSnapshot, type Me, type SessionStore, type Settings, type SettingsStore, type Store } from "@veche/protocol";
import type { Engine, RoomListState } from "@veche/protocol/engine";
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
/** The rooms as they were at the last visit, for as long as the session is being opened. */
export const ListContext = createContext<ListSnapshot | null>(null);

export function useServices(): Services {
    const services = use(ServicesContext);
    if (!services) throw new Error("There is no ServicesContext around this component");
    return services;
}

/** The session if it is running; null while it is being opened and the list of the last visit is shown. */
export const useRunning = (): Engine | null => use(EngineContext);

/** The running session; only where there is one. */
export function useEngine(): Engine {
    const engine = use(EngineContext);
    if (!engine) throw new Error("There is no EngineContext around this component");
    return engine;
}

const NOTHING = new Cell(null);

/** All rooms, from the first moment on. */
export function useRoomList(): RoomListState {
    const last = use(ListContext);
    const now = useStore<RoomListState | null>(useRunning()?.rooms ?? NOTHING) ?? last?.rooms;
    if (!now) throw new Error("There is no list of rooms around this component");
    return now;
}

/** Who I am, from the first moment on. */
export function useMe(): Me {
    const last = use(ListContext);
    const now = useStore<Me | null>(useRunning()?.account ?? NOTHING) ?? last?.me;
    if (!now) throw new Error("There is no list of rooms around this component");
    return now;
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
