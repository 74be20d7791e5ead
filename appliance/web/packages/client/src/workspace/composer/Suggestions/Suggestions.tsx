/** Names behind an `@` and emoji behind a `:`, offered while they are typed. */
import { EVERYBODY, type ComposerStore } from "@veche/protocol/engine";
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from "react";
import { useEngine, useI18n, useT } from "../../../app/context";
import { PersonAvatar } from "../../Avatars/Avatars";
import { emojiOf, findEmoji } from "../../emoji/emoji_data";
import { type Asked, askedAt } from "./asked";
import styles from "./Suggestions.module.css";

const EMOJI_MAX = 8;

interface Suggestion {
    readonly key: string;
    readonly label: string;
    readonly hint: string;
    readonly person: { readonly id: string; readonly name: string; readonly avatar: string | null } | null;
    readonly emoji: string | null;
    /** What is put in place of what was typed. */
    readonly text: string;
}

export interface SuggestionsState {
    readonly id: string;
    readonly list: readonly Suggestion[];
    readonly active: number;
    readonly attributes: React.AriaAttributes & { role?: string };
    readonly look: (field: HTMLTextAreaElement) => void;
    readonly onKey: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
    readonly take: (suggestion: Suggestion) => void;
    readonly point: (index: number) => void;
    readonly close: () => void;
}

function usePeople(roomId: string): (query: string) => Suggestion[] {
    const t = useT();
    const engine = useEngine();
    const members = engine.members(roomId);
    // Watched, so that the people of a large room are loaded by the time they are needed.
    useEffect(() => members.subscribe(() => undefined), [members]);
    return (query) => {
        const found = members.suggest(query).map((person) => ({
            key: person.id,
            label: person.name,
            hint: person.id,
            person,
            emoji: null,
            text: `@${person.name} `,
        }));
        const everybody = engine.room(roomId).getSnapshot().can.everybody && EVERYBODY.startsWith(query.toLowerCase());
        const all = { key: EVERYBODY, label: `@${EVERYBODY}`, hint: t("suggest.everybody"), person: null, emoji: "📣", text: `@${EVERYBODY} ` };
        return everybody ? [...found, all] : found;
    };
}

export function useSuggestions(roomId: string, composer: ComposerStore, field: RefObject<HTMLTextAreaElement | null>): SuggestionsState {
    const id = useId();
    const { language } = useI18n();
    const people = usePeople(roomId);
    const [asked, setAsked] = useState<Asked | null>(null);
    const [list, setList] = useState<readonly Suggestion[]>([]);
    const [active, setActive] = useState(0);
    const turn = useRef(0);
    const close = () => {
        turn.current += 1;
        setAsked(null);
        setList([]);
    };
    const show = (next: Asked, found: readonly Suggestion[]) => {
        setAsked(next);
        setList(found);
        setActive(0);
    };
    const look = (area: HTMLTextAreaElement) => {
        const next = area.selectionStart === area.selectionEnd ? askedAt(area.value, area.selectionStart) : null;
        const mine = ++turn.current;
        if (!next) {
            if (asked) close();
            return;
        }
        if (next.kind === "person") {
            show(next, people(next.query));
            return;
        }
        void emojiOf(language).then((all) => {
            if (mine !== turn.current) return;
            const found = findEmoji(all, next.query, EMOJI_MAX);
            show(next, found.map(({ shape, name }) => ({ key: shape, label: name, hint: "", person: null, emoji: shape, text: `${shape} ` })));
        });
    };
    const take = (suggestion: Suggestion) => {
        const area = field.current;
        if (!area || !asked) return;
        area.setRangeText(suggestion.text, asked.start, area.selectionStart, "end");
        const { person } = suggestion;
        if (person) composer.mention({ userId: person.id, name: person.name }, area.value);
        else composer.type(area.value);
        close();
    };
    const onKey = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
        const chosen = list[active];
        if (!chosen || event.nativeEvent.isComposing) return false;
        const { key } = event;
        if (key === "ArrowDown") setActive((active + 1) % list.length);
        else if (key === "ArrowUp") setActive((active + list.length - 1) % list.length);
        else if (key === "Enter" || key === "Tab") take(chosen);
        else if (key === "Escape") close();
        else return false;
        event.preventDefault();
        event.stopPropagation();
        return true;
    };
    const open = list.length > 0;
    const attributes: SuggestionsState["attributes"] = open
        ? { role: "combobox", "aria-autocomplete": "list", "aria-expanded": true, "aria-controls": id, "aria-activedescendant": `${id}-${active}` }
        : {};
    return { id, list, active, attributes, look, onKey, take, point: setActive, close };
}

export function Suggestions({ suggestions, field }: { readonly suggestions: SuggestionsState; readonly field: RefObject<HTMLTextAreaElement | null> }) {
    const t = useT();
    const { id, list, active, take, point } = suggestions;
    if (list.length === 0) return null;
    return (
        <ul id={id} className={styles.list} role="listbox" aria-label={t("suggest.label")}>
            {list.map((suggestion, index) => (
                <li
                    key={suggestion.key}
                    id={`${id}-${index}`}
                    role="option"
                    aria-selected={index === active}
                    className={styles.option}
                    onPointerMove={() => { point(index); }}
                    onPointerDown={(event) => {
                        // The field keeps the focus.
                        event.preventDefault();
                        take(suggestion);
                        field.current?.focus();
                    }}
                >
                    {suggestion.person ? (
                        <PersonAvatar id={suggestion.person.id} name={suggestion.person.name} picture={suggestion.person.avatar} size={24} />
                    ) : (
                        <span className={styles.emoji}>{suggestion.emoji}</span>
                    )}
                    <span className={styles.label}>{suggestion.label}</span>
                    <span className={styles.hint}>{suggestion.hint}</span>
                </li>
            ))}
        </ul>
    );
}
