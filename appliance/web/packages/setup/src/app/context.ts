/** What the parts of the page share, and the hooks by which they read it. */
import { type Localized, type Translate, useI18n as useKitI18n, useT as useKitT } from "@veche/kit";
import type { Store } from "@veche/protocol";
import { createContext, use, useSyncExternalStore } from "react";
import type { en } from "../i18n/en";
import type { NameCheck } from "../wizard/name_check";
import type { SecondFactor } from "../wizard/second_factor";
import type { Typed } from "../wizard/typed";
import type { Wizard } from "../wizard/wizard";
import type { Addresses } from "./addresses";

export interface Services {
    readonly wizard: Wizard;
    readonly typed: Typed;
    readonly nameCheck: NameCheck;
    readonly secondFactor: SecondFactor;
    readonly addresses: Addresses;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
    const services = use(ServicesContext);
    if (services === null) throw new Error("There is no ServicesContext around this component");
    return services;
}

/** A store's value, drawn anew when it changes. */
export function useStore<T>(store: Pick<Store<T>, "subscribe" | "getSnapshot">): T {
    return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

export type Texts = typeof en;
export type T = Translate<Texts>;
export const useT = (): T => useKitT<Texts>();
export const useI18n = (): Localized<Texts> => useKitI18n<Texts>();
