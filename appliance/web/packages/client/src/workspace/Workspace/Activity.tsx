/** Whether somebody is there: others see "away" when nobody has touched anything for a while. */
import { useEffect } from "react";
import { useEngine } from "../../app/context";

const AWAY_MS = 5 * 60 * 1000;
const SIGNS_OF_LIFE = ["pointerdown", "keydown", "wheel", "focus"] as const;

export function Activity() {
    const engine = useEngine();
    useEffect(() => {
        let timer: ReturnType<typeof setTimeout>;
        let active = true;
        const away = () => {
            active = false;
            engine.setActive(false);
        };
        const alive = () => {
            clearTimeout(timer);
            timer = setTimeout(away, AWAY_MS);
            if (active) return;
            active = true;
            engine.setActive(true);
        };
        alive();
        for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, alive, { passive: true });
        return () => {
            clearTimeout(timer);
            for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, alive);
        };
    }, [engine]);
    return null;
}
