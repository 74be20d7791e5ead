/** A field whose words become a filter, once the typing pauses. "/" leads to it. */
import { TextField, useHotkeys } from "@veche/kit";
import { useEffect, useRef, useState } from "react";
import { useT } from "../app/context";

const PAUSE_MS = 250;

export interface SearchFieldProps {
    readonly label: string;
    readonly value: string;
    readonly onSearch: (value: string) => void;
}

export function SearchField({ label, value, onSearch }: SearchFieldProps) {
    const t = useT();
    const field = useRef<HTMLInputElement>(null);
    const [typed, setTyped] = useState(value);
    const [shown, setShown] = useState(value);
    const tell = useRef(onSearch);
    useEffect(() => {
        tell.current = onSearch;
    });
    // The address has changed otherwise: back, or another link.
    if (value !== shown) {
        setShown(value);
        setTyped(value);
    }
    useEffect(() => {
        if (typed === shown) return;
        const timer = setTimeout(() => {
            setShown(typed);
            tell.current(typed);
        }, PAUSE_MS);
        return () => {
            clearTimeout(timer);
        };
    }, [typed, shown]);
    useHotkeys({
        "/": (event) => {
            event.preventDefault();
            field.current?.focus();
        },
    });
    return (
        <TextField
            ref={field}
            label={label}
            hideLabel
            placeholder={label}
            type="search"
            icon="search"
            value={typed}
            onChange={setTyped}
            clearLabel={t("common.clear")}
            maxLength={200}
            spellCheck={false}
            autoComplete="off"
        />
    );
}
