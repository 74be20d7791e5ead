/** All emoji, by groups and by words. */
import { TextField } from "@veche/kit";
import { type KeyboardEvent, use, useMemo, useRef, useState } from "react";
import { useI18n } from "../../app/context";
import { type Emoji, emojiOf, findEmoji, recentEmoji } from "./emoji_data";
import styles from "./Emoji.module.css";

/** Groups as emojibase numbers them, each with the emoji that stands for it. */
const GROUPS = [
    [0, "😀"],
    [1, "👋"],
    [3, "🐶"],
    [4, "🍏"],
    [5, "✈️"],
    [6, "⚽"],
    [7, "💡"],
    [8, "❤️"],
    [9, "🏁"],
] as const;

/** Buttons in a row; the arrow keys count them. */
const COLUMNS = 8;

export default function EmojiPicker({ onPick }: { readonly onPick: (shape: string) => void }) {
    const { t, language } = useI18n();
    const all = use(emojiOf(language));
    const [query, setQuery] = useState("");
    const [recent] = useState(recentEmoji);
    const box = useRef<HTMLDivElement>(null);
    const found = useMemo(() => findEmoji(all, query), [all, query]);
    const show = (group: number | string) => {
        box.current?.querySelector(`[data-group="${group}"]`)?.scrollIntoView({ block: "start" });
    };
    const searching = query.trim() !== "";
    return (
        <div className={styles.picker} onKeyDown={moveFocus}>
            <TextField
                label={t("emoji.search")}
                hideLabel
                placeholder={t("emoji.search")}
                type="search"
                icon="search"
                value={query}
                onChange={setQuery}
                autoFocus
                clearLabel={t("common.clear")}
            />
            {!searching && (
                <div className={styles.groups} role="toolbar" aria-label={t("emoji.groups")}>
                    {GROUPS.map(([group, sign]) => (
                        <button key={group} type="button" className={styles.group} aria-label={t(`emoji.group.${group}`)} title={t(`emoji.group.${group}`)} onClick={() => { show(group); }}>
                            {sign}
                        </button>
                    ))}
                </div>
            )}
            <div ref={box} className={styles.list}>
                {searching && found.length === 0 && <p className={styles.nothing}>{t("emoji.nothing")}</p>}
                {searching && <Grid emoji={found} onPick={onPick} />}
                {!searching && recent.length > 0 && (
                    <section data-group="recent">
                        <h3 className={styles.title}>{t("emoji.recent")}</h3>
                        <Grid emoji={recent.map((shape) => ({ shape, name: shape }))} onPick={onPick} />
                    </section>
                )}
                {!searching &&
                    GROUPS.map(([group]) => (
                        <section key={group} data-group={group} className={styles.section}>
                            <h3 className={styles.title}>{t(`emoji.group.${group}`)}</h3>
                            <Grid emoji={all.filter((one) => one.group === group)} onPick={onPick} />
                        </section>
                    ))}
            </div>
        </div>
    );
}

function Grid({ emoji, onPick }: { readonly emoji: readonly Pick<Emoji, "shape" | "name">[]; readonly onPick: (shape: string) => void }) {
    return (
        <div className={styles.grid}>
            {emoji.map(({ shape, name }) => (
                <button key={shape} type="button" className={styles.emoji} data-emoji aria-label={name} title={name} onClick={() => { onPick(shape); }}>
                    {shape}
                </button>
            ))}
        </div>
    );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };

function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    const typing = event.target instanceof HTMLInputElement;
    if (typing && event.key !== "ArrowDown") return;
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-emoji]")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = all[typing ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
    if (!next) return;
    event.preventDefault();
    next.focus();
}
