/** How large an element is, as it changes. */
import { type RefObject, useLayoutEffect, useState } from "react";

export function useSize(element: RefObject<HTMLElement | null>): { readonly width: number; readonly height: number } {
    const [size, setSize] = useState({ width: 0, height: 0 });
    useLayoutEffect(() => {
        const watched = element.current;
        if (!watched) return undefined;
        const observer = new ResizeObserver(() => {
            setSize({ width: watched.clientWidth, height: watched.clientHeight });
        });
        observer.observe(watched);
        return () => {
            observer.disconnect();
        };
    }, [element]);
    return size;
}
