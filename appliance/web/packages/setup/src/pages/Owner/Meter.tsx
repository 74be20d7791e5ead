/** How hard a password is to guess, while it is typed. */
import { ProgressBar, type Tone } from "@veche/kit";
import { useT } from "../../app/context";
import type { Strength } from "../../wizard/strength";
import styles from "./Meter.module.css";

const LOOKS: Readonly<Record<Exclude<Strength, "none">, readonly [value: number, tone: Tone]>> = {
    short: [0.1, "danger"],
    guessed: [0.2, "danger"],
    weak: [0.45, "warning"],
    good: [0.75, "success"],
    strong: [1, "success"],
};

export function Meter({ strength }: { readonly strength: Strength }) {
    const t = useT();
    if (strength === "none") return null;
    const [value, tone] = LOOKS[strength];
    return (
        <div className={styles.meter} data-testid="strength">
            <ProgressBar label={t("strength.label")} value={value} tone={tone} detail={t(`strength.${strength}`)} />
        </div>
    );
}
