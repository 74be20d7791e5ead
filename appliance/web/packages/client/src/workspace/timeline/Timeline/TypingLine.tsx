/** Who is writing right now. Keeps its line, so that nothing jumps. */
import { useEngine, useI18n, useStore } from "../../../app/context";
import styles from "./Timeline.module.css";

const NAMES_MAX = 3;

export function TypingLine({ roomId }: { readonly roomId: string }) {
    const { t, format } = useI18n();
    const { typing } = useStore(useEngine().room(roomId));
    if (typing.length === 0) return null;
    const text =
        typing.length === 1
            ? t("typing.one", { name: typing[0] ?? "" })
            : typing.length <= NAMES_MAX
              ? t("typing.some", { names: format.list(typing) })
              : t("typing.many", { count: typing.length });
    return (
        <div className={styles.typing} role="status">
            <span className={styles.dots} aria-hidden="true">
                <i />
                <i />
                <i />
            </span>
            {text}
        </div>
    );
}
