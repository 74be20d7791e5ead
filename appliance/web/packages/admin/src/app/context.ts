/** What the parts of the console share, and the hooks by which they read it. */
import { type Localized, type Translate, useI18n as useKitI18n, useT as useKitT } from "@veche/kit";
import type { Store } from "@veche/protocol";
import { createContext, use, useEffect, useState, useSyncExternalStore } from "react";
import type { Api, Grant } from "../api/api";
import type { Pages, Resource } from "../base/resource";
import type { en } from "../i18n/en";
import { type Me, type SessionStore, may } from "../session/session_store";
import type { Route, Router } from "./router";

export interface Services {
    readonly session: SessionStore;
    readonly router: Router;
}

export const ServicesContext = createContext<Services | null>(null);
/** Who administers; only below the shell. */
export const MeContext = createContext<Me | null>(null);

export function useServices(): Services {
    const services = use(ServicesContext);
    if (!services) throw new Error("There is no ServicesContext around this component");
    return services;
}

export function useMe(): Me {
    const me = use(MeContext);
    if (!me) throw new Error("There is no MeContext around this component");
    return me;
}

/** A store's value, drawn anew when it changes. */
export function useStore<T>(store: Pick<Store<T>, "subscribe" | "getSnapshot">): T {
    return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

export const useApi = (): Api => useServices().session.api;
export const useRouter = (): Router => useServices().router;
export const useRoute = (): Route => useStore(useRouter());
export const useMay = (grant: Grant): boolean => may(useMe(), grant);

/** Something of this component's own, loaded when it appears. It belongs to what the component's `key` says. */
export function useLoaded<S extends Pick<Resource<unknown>, "load" | "stop">>(make: () => S): S {
    const [store] = useState(make);
    useEffect(() => {
        void store.load();
        return () => {
            store.stop();
        };
    }, [store]);
    return store;
}

/** Pages of this component's own, asked for anew when the filter changes. */
export function usePages<Row, Next, Filter>(make: () => Pages<Row, Next, Filter>, filter: Filter): Pages<Row, Next, Filter> {
    const [store] = useState(make);
    useEffect(() => {
        void store.ask(filter);
        return () => {
            store.stop();
        };
    }, [store, filter]);
    return store;
}

export type Texts = typeof en;
export type T = Translate<Texts>;
export const useT = (): T => useKitT<Texts>();
export const useI18n = (): Localized<Texts> => useKitI18n<Texts>();
