/** Parts of one thing, one of which is seen. Arrow keys go from tab to tab. */
import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";
import { Icon } from "./Icon";
import styles from "./Tabs.module.css";
import type { IconName } from "./icons";
import { nextIndex } from "./move";

export interface Tab {
    readonly id: string;
    readonly label: string;
    readonly icon?: IconName | undefined;
    readonly count?: number | undefined;
    readonly content: ReactNode;
}

export interface TabsProps {
    readonly label: string;
    readonly value: string;
    readonly onChange: (id: string) => void;
    readonly tabs: readonly Tab[];
}

export function Tabs({ label, value, onChange, tabs }: TabsProps): ReactNode {
    const id = useId();
    const list = useRef<HTMLDivElement>(null);
    const current = tabs.findIndex((tab) => tab.id === value);
    const key = (event: KeyboardEvent): void => {
        const next = nextIndex(event.key, current, tabs.length, "horizontal");
        const tab = next === undefined ? undefined : tabs[next];
        if (next !== undefined && tab !== undefined) {
            event.preventDefault();
            list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
            onChange(tab.id);
        }
    };
    return (
        <div className={styles.tabs}>
            <div ref={list} role="tablist" aria-label={label} className={styles.list} onKeyDown={key}>
                {tabs.map((tab) => (
                    <button
                        key={tab.id}
                        type="button"
                        role="tab"
                        id={`${id}-tab-${tab.id}`}
                        className={styles.tab}
                        aria-selected={tab.id === value}
                        aria-controls={tab.id === value ? `${id}-panel` : undefined}
                        tabIndex={tab.id === value ? 0 : -1}
                        onClick={() => {
                            onChange(tab.id);
                        }}
                    >
                        {tab.icon !== undefined && <Icon name={tab.icon} size={16} />}
                        {tab.label}
                        {tab.count !== undefined && <span className={styles.count}>{tab.count}</span>}
                    </button>
                ))}
            </div>
            <div
                key={value}
                role="tabpanel"
                id={`${id}-panel`}
                aria-labelledby={`${id}-tab-${value}`}
                tabIndex={0}
                className={styles.panel}
            >
                {tabs[current]?.content}
            </div>
        </div>
    );
}
