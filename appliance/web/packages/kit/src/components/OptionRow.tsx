/** One row of a list of options. */
import type { ReactNode } from "react";
import type { Option } from "../types";
import { Icon } from "./Icon";
import styles from "./OptionRow.module.css";

interface Props {
    readonly id: string;
    readonly option: Option;
    readonly selected: boolean;
    /** The keys are at it. */
    readonly active: boolean;
    readonly onChoose: (value: string) => void;
    readonly onPoint?: () => void;
}

export function OptionRow({ id, option, selected, active, onChoose, onPoint }: Props): ReactNode {
    const disabled = option.disabled ?? false;
    return (
        <div
            id={id}
            role="option"
            aria-selected={selected}
            aria-disabled={disabled || undefined}
            data-active={active || undefined}
            className={styles.option}
            // The focus stays where the keys are.
            onPointerDown={(event) => {
                event.preventDefault();
            }}
            onPointerMove={onPoint}
            onClick={() => {
                if (!disabled) {
                    onChoose(option.value);
                }
            }}
        >
            {option.start}
            <span className={styles.words}>
                <span className={styles.label}>{option.label}</span>
                {option.hint !== undefined && <span className={styles.hint}>{option.hint}</span>}
            </span>
            {selected && <Icon name="check" size={16} className={styles.check} />}
        </div>
    );
}
