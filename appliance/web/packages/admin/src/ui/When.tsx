/** A time, as one says it; the exact one when one points at it. */
import { useI18n } from "../app/context";

export function When({ ms }: { readonly ms: number }) {
    const { format } = useI18n();
    return (
        <time dateTime={new Date(ms).toISOString()} title={format.dateTime(ms)}>
            {format.relative(ms)}
        </time>
    );
}
