/** A QR code, to be read off the screen by a phone. */
import { type ReactNode, useMemo } from "react";
import { type Modules, TooLong, encode } from "../qr/qr";
import styles from "./QrCode.module.css";

export interface QrCodeProps {
    /** What it says: a text, or bytes as they are; at most `QR_BYTES_MAX`. Of more nothing is drawn. */
    readonly value: string | Iterable<number>;
    /** What it is, for those who do not see it. */
    readonly label: string;
}

/** Light modules around it, without which cameras do not find it. */
const QUIET = 4;

export function QrCode({ value, label }: QrCodeProps): ReactNode {
    const modules = useMemo(() => modulesOf(value), [value]);
    if (modules === null) {
        return null;
    }
    const size = modules.length + 2 * QUIET;
    return (
        <svg className={styles.code} role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
            <path d={pathOf(modules)} />
        </svg>
    );
}

function modulesOf(value: string | Iterable<number>): Modules | null {
    try {
        return encode(value);
    } catch (error) {
        if (error instanceof TooLong) {
            return null;
        }
        throw error;
    }
}

/** One rectangle for each run of dark modules in a row. */
function pathOf(modules: Modules): string {
    const parts: string[] = [];
    modules.forEach((row, y) => {
        for (let x = 0; x < row.length; x++) {
            const from = x;
            while (row[x] === true) x += 1;
            if (x > from) parts.push(`M${from + QUIET} ${y + QUIET}h${x - from}v1h${from - x}z`);
        }
    });
    return parts.join("");
}
