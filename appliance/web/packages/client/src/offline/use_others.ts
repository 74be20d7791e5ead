/** What waits in all accounts together that are not open. */
import { useServices, useStore } from "../app/context";

export function useOthersWaiting(): { readonly unread: number; readonly mentions: number } {
    const { session } = useServices();
    const { active } = useStore(session.accounts);
    const others = [...useStore(session.others).waiting].filter(([id]) => id !== active);
    return {
        unread: others.reduce((sum, [, { unread }]) => sum + unread, 0),
        mentions: others.reduce((sum, [, { mentions }]) => sum + mentions, 0),
    };
}
