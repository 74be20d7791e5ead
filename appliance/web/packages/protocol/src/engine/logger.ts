//! What the SDK says to developers: kept, the last of it, for a report; not written to the console of every user.

import { type Logger, logger as sdkLogger } from "matrix-js-sdk/lib/logger.js";

const LINES_MAX = 500;
const LINE_CHARS_MAX = 400;

const lines: string[] = [];

function keepLine(level: string, said: readonly unknown[]): void {
    const text = said
        .map((part) => (part instanceof Error ? `${part.name}: ${part.message}` : typeof part === "string" ? part : ""))
        .filter(Boolean)
        .join(" ");
    lines.push(`${new Date().toISOString()} ${level} ${text.slice(0, LINE_CHARS_MAX)}`);
    if (lines.length > LINES_MAX) lines.shift();
}

function at(level: string): (...said: unknown[]) => void {
    return (...said) => keepLine(level, said);
}

/** Writes into memory; objects are left out, because they could hold content. */
export const quietLogger: Logger = {
    trace: () => undefined,
    debug: () => undefined,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    getChild: () => quietLogger,
};

// Parts of the SDK use its global logger and make children of it.
// eslint-disable-next-line @typescript-eslint/no-deprecated -- it is silenced here, not used
Object.assign(sdkLogger, quietLogger, { log: quietLogger.info });

/** The last lines, for a report that a user sends on purpose. */
export const logLines = (): string => lines.join("\n");
