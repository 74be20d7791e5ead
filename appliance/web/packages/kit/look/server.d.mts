import type { LaunchOptions } from "playwright-core";

export declare function openLook(): Promise<{
    readonly url: string;
    readonly browser: LaunchOptions;
    close(): Promise<void>;
}>;
