/** What is wrong with an uploaded certificate, in words. */
import type { Schemas } from "../../api/api";
import type { T } from "../../app/context";
import { known } from "../../app/problems";

type Fault = Schemas["CertificateFault"];

/** A parameter as it stands in a sentence. */
function said(name: string, value: unknown): string {
    if ((name === "not_after" || name === "not_before") && typeof value === "number") return new Date(value * 1_000).toISOString().slice(0, 10);
    if (Array.isArray(value)) return value.map(String).join(", ");
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The sentence for a fault; the server's own, where there are no words for it. Pure. */
export function faultText(t: T, { code, error, parameters }: Fault): string {
    const found = known(t, "pem", code);
    if (found === null) return error;
    const part = parameters["part"] === "key" ? t("pem.part.key") : t("pem.part.chain");
    return found.replace(/\{(\w+)\}/g, (_, name: string) => (name === "part" ? part : said(name, parameters[name])));
}
