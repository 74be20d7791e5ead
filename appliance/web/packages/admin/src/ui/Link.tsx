/** A link inside of the console: it goes there without loading the page anew, unless another tab is meant. */
import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { useRouter } from "../app/context";
import { type Route, write } from "../app/router";

export type LinkProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> & { readonly to: Route };

export function Link({ to, onClick, ...rest }: LinkProps) {
    const router = useRouter();
    const press = (event: MouseEvent<HTMLAnchorElement>) => {
        onClick?.(event);
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        router.go(to);
    };
    return <a {...rest} href={write(to)} onClick={press} />;
}
