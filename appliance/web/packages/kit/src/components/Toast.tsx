/** Shows what `Toasts` holds, in a corner, above everything else. */
import { type ReactNode, createContext, use, useEffect, useRef, useSyncExternalStore } from "react";
import type { Toast as Message, Toasts } from "../toasts";
import type { Tone } from "../types";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import styles from "./Toast.module.css";
import type { IconName } from "./icons";

const Context = createContext<Toasts | null>(null);

/** Where short messages are told: `useToasts().show({ text })`. */
export function useToasts(): Toasts {
    const toasts = use(Context);
    if (toasts === null) {
        throw new Error("There is no ToastProvider around this component");
    }
    return toasts;
}

interface ProviderProps {
    readonly toasts: Toasts;
    /** The name of the cross of each message. */
    readonly dismissLabel: string;
    /** The name of the corner, for screen readers. */
    readonly regionLabel: string;
    readonly children: ReactNode;
}

export function ToastProvider({ toasts, dismissLabel, regionLabel, children }: ProviderProps): ReactNode {
    return (
        <Context value={toasts}>
            {children}
            <Region toasts={toasts} dismissLabel={dismissLabel} label={regionLabel} />
        </Context>
    );
}

interface RegionProps {
    readonly toasts: Toasts;
    readonly dismissLabel: string;
    readonly label: string;
}

function Region({ toasts, dismissLabel, label }: RegionProps): ReactNode {
    const shown = useSyncExternalStore(toasts.subscribe, toasts.getSnapshot);
    const region = useRef<HTMLDivElement>(null);
    useEffect(() => {
        // Anew with each message: so it comes above a dialog that has opened in the meantime.
        const element = region.current;
        element?.hidePopover();
        if (shown.length > 0) {
            element?.showPopover();
        }
    }, [shown]);
    return (
        <div
            ref={region}
            role="region"
            aria-label={label}
            popover="manual"
            className={styles.region}
            onPointerEnter={toasts.hold}
            onPointerLeave={toasts.release}
            onFocus={toasts.hold}
            onBlur={toasts.release}
        >
            <ol className={styles.list} aria-live="polite" aria-relevant="additions">
                {shown.map((message) => (
                    <Toast key={message.id} message={message} toasts={toasts} dismissLabel={dismissLabel} />
                ))}
            </ol>
        </div>
    );
}

const ICONS: Readonly<Record<Tone, IconName | null>> = {
    neutral: null,
    accent: "info",
    success: "check-circle",
    warning: "warning",
    danger: "error",
};

interface ToastProps {
    readonly message: Message;
    readonly toasts: Toasts;
    readonly dismissLabel: string;
}

function Toast({ message, toasts, dismissLabel }: ToastProps): ReactNode {
    const { id, text, title, tone = "neutral", action } = message;
    const icon = ICONS[tone];
    return (
        <li className={styles.toast} data-tone={tone}>
            {icon !== null && <Icon name={icon} size={20} className={styles.icon} />}
            <div className={styles.words}>
                {title !== undefined && <p className={styles.title}>{title}</p>}
                <p>{text}</p>
            </div>
            {action !== undefined && (
                <Button
                    size="small"
                    variant="secondary"
                    onClick={() => {
                        toasts.dismiss(id);
                        action.onAction();
                    }}
                >
                    {action.label}
                </Button>
            )}
            <IconButton
                icon="close"
                size="small"
                label={dismissLabel}
                tooltip={false}
                onClick={() => {
                    toasts.dismiss(id);
                }}
            />
        </li>
    );
}
