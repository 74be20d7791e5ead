/** Ctrl+K: anywhere by a few letters. Rooms at once, people and open channels of the server behind them. */
import { Dialog, Icon, TextField } from "@veche/kit";
import type { PersonFound, RoomEntry } from "@veche/protocol/engine";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { useEngine, useRouter, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../Avatars/Avatars";
import { usePeopleSearch } from "../dialogs/use_people_search";
import dialogs from "../dialogs/dialogs.module.css";
import { useUi } from "../ui/ui_store";
import { ranked } from "./ranked";
import styles from "./QuickSwitcher.module.css";

const ROOMS_MAX = 12;
const PEOPLE_MAX = 6;

interface Entry {
    readonly key: string;
    readonly start: ReactNode;
    readonly label: string;
    readonly hint: string;
    /** The room to go to; null: something else was opened. */
    readonly go: () => Promise<string | null>;
}

function useEntries(query: string): Entry[] {
    const t = useT();
    const ui = useUi();
    const { rooms, actions } = useEngine();
    const { byId } = useStore(rooms);
    const { found } = usePeopleSearch(query);
    const listed = ranked([...byId.values()].filter((room) => room.kind !== "space"), query, ROOMS_MAX);
    const known = new Set([...byId.values()].map((room) => room.userId));
    const people = query.trim() === "" ? [] : found.filter((person) => !known.has(person.id)).slice(0, PEOPLE_MAX);
    const ofRoom = (room: RoomEntry): Entry => ({
        key: room.id,
        start:
            room.kind === "direct" ? (
                <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={32} presence={room.presence} />
            ) : (
                <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={32} />
            ),
        label: room.name,
        hint: room.membership === "invite" ? t("section.invites") : (room.userId ?? (room.open ? t("quick.channel") : t("quick.group"))),
        go: () => Promise.resolve(room.id),
    });
    const ofPerson = (person: PersonFound): Entry => ({
        key: person.id,
        start: <PersonAvatar id={person.id} name={person.name} picture={person.avatar} size={32} />,
        label: person.name,
        hint: t("quick.newChat"),
        go: () => actions.direct(person.id),
    });
    const messages: Entry = {
        key: "messages",
        start: <Icon name="search" size={24} />,
        label: query.trim() === "" ? t("search.title") : t("search.for", { text: query.trim() }),
        hint: t("search.hint"),
        go: () => {
            ui.open({ kind: "search", roomId: null, text: query.trim() });
            return Promise.resolve(null);
        },
    };
    return [...listed.map(ofRoom), ...people.map(ofPerson), messages];
}

export default function QuickSwitcher() {
    const t = useT();
    const ui = useUi();
    const id = useId();
    const router = useRouter();
    const task = useTask();
    const [query, setQuery] = useState("");
    const [chosen, setChosen] = useState(0);
    const entries = useEntries(query);
    const active = Math.min(chosen, Math.max(0, entries.length - 1));
    const go = async (entry: Entry) => {
        await task.run(async () => {
            const roomId = await entry.go();
            if (roomId === null) return;
            ui.close();
            router.room(roomId);
        });
    };
    const key = (event: KeyboardEvent) => {
        const entry = entries[active];
        if (event.key === "ArrowDown") setChosen((active + 1) % Math.max(1, entries.length));
        else if (event.key === "ArrowUp") setChosen((active + entries.length - 1) % Math.max(1, entries.length));
        else if (event.key === "Enter" && entry) void go(entry);
        else return;
        event.preventDefault();
    };
    return (
        <Dialog open onClose={ui.close} title={t("quick.title")} closeLabel={t("common.close")}>
            <div className={dialogs.stack} onKeyDown={key}>
                <TextField
                    label={t("quick.search")}
                    hideLabel
                    placeholder={t("quick.search")}
                    type="search"
                    icon="search"
                    size="large"
                    value={query}
                    onChange={(text) => {
                        setQuery(text);
                        setChosen(0);
                    }}
                    autoFocus
                    role="combobox"
                    aria-expanded={entries.length > 0}
                    aria-controls={id}
                    aria-activedescendant={entries.length > 0 ? `${id}-${active}` : undefined}
                />
                {task.error !== null && <p className={styles.error}>{task.error}</p>}
                <Results id={id} entries={entries} active={active} onPoint={setChosen} onGo={(entry) => void go(entry)} />
            </div>
        </Dialog>
    );
}

interface ResultsProps {
    readonly id: string;
    readonly entries: readonly Entry[];
    readonly active: number;
    readonly onPoint: (index: number) => void;
    readonly onGo: (entry: Entry) => void;
}

function Results({ id, entries, active, onPoint, onGo }: ResultsProps) {
    const t = useT();
    return (
        <ul id={id} role="listbox" aria-label={t("quick.title")} className={dialogs.results}>
            {entries.map((entry, index) => (
                <li
                    key={entry.key}
                    id={`${id}-${index}`}
                    role="option"
                    aria-selected={index === active}
                    className={styles.entry}
                    onPointerMove={() => { onPoint(index); }}
                    onClick={() => { onGo(entry); }}
                >
                    {entry.start}
                    <span className={dialogs.words}>
                        <span className={dialogs.name}>{entry.label}</span>
                        <span className={dialogs.hint}>{entry.hint}</span>
                    </span>
                    {index === active && <Icon name="arrow-right" size={16} />}
                </li>
            ))}
            {entries.length === 0 && <li className={dialogs.center}>{t("quick.nothing")}</li>}
        </ul>
    );
}
