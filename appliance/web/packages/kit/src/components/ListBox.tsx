/** One of many, in a list that is always there. Arrow keys choose, letters find. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from "react";
import type { Option } from "../types";
import styles from "./ListBox.module.css";
import { OptionRow } from "./OptionRow";
import { byText, nextIndex } from "./move";

export interface ListBoxProps {
    readonly label: string;
    readonly value: string | null;
    readonly onChange: (value: string) => void;
    readonly options: readonly Option[];
}

export function ListBox({ label, value, onChange, options }: ListBoxProps): ReactNode {
    const id = useId();
    const list = useRef<HTMLDivElement>(null);
    const typed = useRef({ text: "", at: 0 });
    const enabled = options.filter((option) => option.disabled !== true);
    const current = enabled.findIndex((option) => option.value === value);
    const shown = options.findIndex((option) => option.value === value);
    useEffect(() => {
        list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
    }, [value]);
    const key = (event: KeyboardEvent<HTMLDivElement>): void => {
        const texts = enabled.map((option) => ({ textContent: option.label }));
        const next = nextIndex(event.key, current, enabled.length) ?? byText(event, typed.current, texts, current);
        const option = next === undefined ? undefined : enabled[next];
        if (option !== undefined) {
            event.preventDefault();
            onChange(option.value);
        }
    };
    return (
        <div
            ref={list}
            role="listbox"
            aria-label={label}
            aria-activedescendant={shown < 0 ? undefined : `${id}-${shown}`}
            tabIndex={0}
            className={styles.list}
            onKeyDown={key}
        >
            {options.map((option, index) => (
                <OptionRow
                    key={option.value}
                    id={`${id}-${index}`}
                    option={option}
                    selected={index === shown}
                    active={false}
                    onChoose={(chosen) => {
                        list.current?.focus();
                        onChange(chosen);
                    }}
                />
            ))}
        </div>
    );
}
