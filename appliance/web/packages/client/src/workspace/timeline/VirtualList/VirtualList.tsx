/** A long list that grows at both ends and of which only what is near the window exists. */
import { type ReactNode, type Ref, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useStore } from "../../../app/context";
import { ScrollKeeper, type ScrollEvents } from "../scroll_keeper";
import styles from "./VirtualList.module.css";

export interface VirtualListHandle {
    /** Goes to a row: its middle to the middle of the window, or its top a little below the window's. */
    scrollTo(key: string, where: "middle" | "top"): void;
    toEnd(): void;
}

interface Props<T> extends ScrollEvents {
    readonly items: readonly T[];
    readonly keyOf: (item: T) => string;
    /** A guess in pixels, for rows that were not drawn yet. */
    readonly guess: (item: T) => number;
    /** Whether the row keeps its place among its neighbors when more is loaded. */
    readonly steady: (item: T) => boolean;
    readonly render: (item: T) => ReactNode;
    readonly label: string;
    /** Where it opens; null: at its end. */
    readonly initial: { readonly key: string; readonly where: "middle" | "top" } | null;
    readonly before?: ReactNode;
    readonly after?: ReactNode;
    readonly ref?: Ref<VirtualListHandle>;
}

export function VirtualList<T>(props: Props<T>) {
    const { items, keyOf, guess, steady, render, label, before, after, ref, initial, onStart, onEnd, onAtEnd, whole } = props;
    const box = useRef<HTMLDivElement>(null);
    const list = useRef<HTMLDivElement>(null);
    const [keeper] = useState(() => new ScrollKeeper());
    const range = useStore(keeper);
    const layout = useMemo(() => keeper.layout(items.map(keyOf), items.map(guess), range), [keeper, items, keyOf, guess, range]);
    useLayoutEffect(() => (box.current && list.current ? keeper.attach(box.current, list.current) : undefined), [keeper]);
    // Before anything is noted: whether the end is one to stay at.
    useLayoutEffect(() => {
        keeper.listenWith({ onStart, onEnd, onAtEnd, whole });
    }, [keeper, onStart, onEnd, onAtEnd, whole]);
    useLayoutEffect(() => {
        keeper.open(initial);
    }, [keeper, initial, items]);
    // Whatever was drawn anew may be of another height.
    useLayoutEffect(() => {
        keeper.settle();
    });
    useImperativeHandle(
        ref,
        () => ({
            scrollTo: (key, where) => {
                keeper.to(key, where);
            },
            toEnd: () => {
                keeper.toEnd();
            },
        }),
        [keeper],
    );
    return (
        <div ref={box} className={styles.scroller} role="log" aria-label={label} tabIndex={0} onScroll={() => { keeper.scrolled(); }}>
            <div className={styles.fill} />
            {before}
            <Space height={layout.before} />
            <div ref={list}>
                {items.slice(layout.start, layout.end).map((item) => (
                    <div key={keyOf(item)} data-key={keyOf(item)} data-steady={steady(item) || undefined} className={styles.row}>
                        {render(item)}
                    </div>
                ))}
            </div>
            <Space height={layout.after} />
            {after}
        </div>
    );
}

/** Stands for rows that do not exist. */
function Space({ height }: { readonly height: number }) {
    return <div style={{ height: Math.max(0, height) }} aria-hidden="true" />;
}
