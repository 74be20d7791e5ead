/** Theme and density, for views. */
import { type ReactNode, createContext, use, useSyncExternalStore } from "react";
import type { Appearance, AppearanceState, Density, Theme } from "../appearance";
import { useMediaQuery } from "./useMediaQuery";

const Context = createContext<Appearance | null>(null);

/** Gives the appearance to everything below. */
export function AppearanceProvider({
    appearance,
    children,
}: {
    readonly appearance: Appearance;
    readonly children: ReactNode;
}): ReactNode {
    return <Context value={appearance}>{children}</Context>;
}

export interface ThemeControls extends AppearanceState {
    /** What is seen: `system` decided. */
    readonly shown: "light" | "dark";
    readonly setTheme: (theme: Theme) => void;
    readonly setDensity: (density: Density) => void;
}

export function useTheme(): ThemeControls {
    const appearance = use(Context);
    if (appearance === null) {
        throw new Error("There is no AppearanceProvider around this component");
    }
    const state = useSyncExternalStore(appearance.subscribe, appearance.getSnapshot);
    const systemIsDark = useMediaQuery("(prefers-color-scheme: dark)");
    return {
        ...state,
        shown: state.theme === "system" ? (systemIsDark ? "dark" : "light") : state.theme,
        setTheme: (theme) => {
            appearance.setTheme(theme);
        },
        setDensity: (density) => {
            appearance.setDensity(density);
        },
    };
}
