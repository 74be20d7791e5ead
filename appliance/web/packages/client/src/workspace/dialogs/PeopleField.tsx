/** Choosing people: those that the directory finds, as chips. */
import { Combobox } from "@veche/kit";
import type { PersonFound } from "@veche/protocol/engine";
import { useState } from "react";
import { useT } from "../../app/context";
import { PersonAvatar } from "../Avatars/Avatars";
import { usePeopleSearch } from "./use_people_search";

interface Props {
    readonly label: string;
    readonly hint?: string | undefined;
    readonly chosen: readonly PersonFound[];
    readonly onChange: (chosen: readonly PersonFound[]) => void;
    readonly autoFocus?: boolean;
}

export function PeopleField({ label, hint, chosen, onChange, autoFocus = false }: Props) {
    const t = useT();
    const [query, setQuery] = useState("");
    const { found, busy, error } = usePeopleSearch(query);
    const offered = found.filter((person) => !chosen.some((known) => known.id === person.id));
    const select = (id: string) => {
        const person = offered.find((known) => known.id === id);
        if (!person) return;
        onChange([...chosen, person]);
        setQuery("");
    };
    return (
        <Combobox
            label={label}
            hint={hint}
            error={error ?? undefined}
            query={query}
            onQueryChange={setQuery}
            options={offered.map((person) => ({
                value: person.id,
                label: person.name,
                hint: person.id,
                start: <PersonAvatar id={person.id} name={person.name} picture={person.avatar} size={24} />,
            }))}
            onSelect={select}
            emptyText={t("people.nobody")}
            busyText={busy ? t("people.searching") : undefined}
            selected={chosen.map((person) => ({ value: person.id, label: person.name }))}
            onRemove={(id) => { onChange(chosen.filter((person) => person.id !== id)); }}
            removeLabel={(name) => t("people.remove", { name })}
            placeholder={t("people.placeholder")}
            autoFocus={autoFocus}
        />
    );
}
