/** Searching in messages: words in any form, narrowed by room, person, kind and time. Works without a network, too. */
import { Dialog, EmptyState, ProgressBar, Spinner, TextField } from "@veche/kit";
import type { SearchHit } from "@veche/protocol/engine";
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useMemo, useState } from "react";
import { useEngine, useI18n, useRouter, useStore, useT } from "../../app/context";
import { useNow } from "../../app/use_now";
import { PersonAvatar } from "../Avatars/Avatars";
import dialogs from "../dialogs/dialogs.module.css";
import { useUi } from "../ui/ui_store";
import { Filters } from "./Filters";
import { type Narrowing, NOT_NARROWED, queryOf } from "./narrowing";
import styles from "./Search.module.css";

interface Props {
    readonly roomId: string | null;
    readonly text: string;
}

export default function SearchDialog({ roomId, text }: Props) {
    const t = useT();
    const ui = useUi();
    const id = useId();
    const open = useOpen();
    const [words, setWords] = useState(text);
    const [narrowing, setNarrowing] = useState<Narrowing>({ ...NOT_NARROWED, roomId });
    const [chosen, setChosen] = useState(0);
    const { hits, total } = useHits(words, narrowing);
    const active = Math.min(chosen, Math.max(0, hits.length - 1));
    const key = (event: KeyboardEvent) => {
        const hit = hits[active];
        if (event.key === "ArrowDown") setChosen((active + 1) % Math.max(1, hits.length));
        else if (event.key === "ArrowUp") setChosen((active + hits.length - 1) % Math.max(1, hits.length));
        else if (event.key === "Enter" && hit) open(hit);
        // A search field would only empty itself.
        else if (event.key === "Escape") ui.close();
        else return;
        event.preventDefault();
    };
    return (
        <Dialog open size="large" onClose={ui.close} title={t("search.title")} closeLabel={t("common.close")}>
            <div className={dialogs.stack}>
                <TextField
                    label={t("search.words")}
                    hideLabel
                    placeholder={t("search.words")}
                    type="search"
                    icon="search"
                    size="large"
                    value={words}
                    onChange={(typed) => {
                        setWords(typed);
                        setChosen(0);
                    }}
                    onKeyDown={key}
                    autoFocus
                    role="combobox"
                    aria-expanded={hits.length > 0}
                    aria-controls={id}
                    aria-activedescendant={hits.length > 0 ? `${id}-${active}` : undefined}
                />
                <Filters narrowing={narrowing} onChange={setNarrowing} />
                <Progress />
                <Hits id={id} hits={hits} total={total} active={active} asked={words.trim() !== ""} onPoint={setChosen} onOpen={open} />
            </div>
        </Dialog>
    );
}

/** Goes to the message, in its thread if it stands in one. */
function useOpen(): (hit: SearchHit) => void {
    const ui = useUi();
    const router = useRouter();
    return ({ roomId, threadId, eventId }) => {
        ui.close();
        if (threadId === null) router.room(roomId, eventId);
        else router.go({ page: "room", roomId, eventId: null, panel: { kind: "thread", rootId: threadId, eventId } });
    };
}

function useHits(words: string, narrowing: Narrowing) {
    const { search } = useEngine();
    const { messages, phase } = useStore(search);
    const text = useDeferredValue(words);
    const now = useNow();
    // What arrives while one searches is found, too.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    return useMemo(() => search.search(queryOf(text, narrowing, now)), [search, text, narrowing, now, messages, phase]);
}

/** How much can be found yet. */
function Progress() {
    const t = useT();
    const { search } = useEngine();
    const { phase, done, total } = useStore(search);
    if (phase === "ready") return null;
    if (phase === "loading") return <Spinner label={t("search.loading")} />;
    return <ProgressBar label={t("search.indexing", { done, total })} value={total === 0 ? 0 : done / total} />;
}

interface HitsProps {
    readonly id: string;
    readonly hits: readonly SearchHit[];
    readonly total: number;
    readonly active: number;
    readonly asked: boolean;
    readonly onPoint: (index: number) => void;
    readonly onOpen: (hit: SearchHit) => void;
}

function Hits({ id, hits, total, active, asked, onPoint, onOpen }: HitsProps) {
    const t = useT();
    useEffect(() => {
        document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
    }, [id, active]);
    return (
        <div>
            <p className={styles.count} role="status">
                {hits.length > 0 && t("search.found", { count: total })}
            </p>
            {hits.length === 0 && (
                <div className={styles.empty}>
                    <EmptyState
                        icon="search"
                        level={3}
                        title={asked ? t("search.nothingTitle") : t("search.startTitle")}
                        text={asked ? t("search.nothingText") : t("search.startText")}
                    />
                </div>
            )}
            <ul id={id} role="listbox" aria-label={t("search.results")} className={styles.hits} hidden={hits.length === 0}>
                {hits.map((hit, index) => (
                    <Hit
                        key={hit.eventId}
                        id={`${id}-${index}`}
                        hit={hit}
                        active={index === active}
                        onPoint={() => { onPoint(index); }}
                        onOpen={() => { onOpen(hit); }}
                    />
                ))}
            </ul>
        </div>
    );
}

interface HitProps {
    readonly id: string;
    readonly hit: SearchHit;
    readonly active: boolean;
    readonly onPoint: () => void;
    readonly onOpen: () => void;
}

function Hit({ id, hit, active, onPoint, onOpen }: HitProps) {
    const { format } = useI18n();
    const { rooms } = useEngine();
    const room = useStore(rooms).byId.get(hit.roomId);
    return (
        <li id={id} role="option" aria-selected={active} className={styles.hit} onPointerMove={onPoint} onClick={onOpen}>
            <PersonAvatar id={hit.sender.id} name={hit.sender.name} picture={hit.sender.avatar} size={32} />
            <span className={styles.words}>
                <span className={styles.first}>
                    <span className={styles.name}>{hit.sender.name}</span>
                    {room && <span className={styles.room}>{room.name}</span>}
                    <time className={styles.time} dateTime={new Date(hit.ts).toISOString()} title={format.dateTime(hit.ts)}>
                        {format.brief(hit.ts)}
                    </time>
                </span>
                <span className={styles.text}>
                    {hit.pieces.map((piece, index) => (piece.match ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>))}
                </span>
            </span>
        </li>
    );
}
