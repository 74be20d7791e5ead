/** How pages are laid out: a head, then cards. */
import { Banner, Button, Skeleton, VisuallyHidden } from "@veche/kit";
import type { Problem } from "@veche/protocol";
import { type ReactNode, useEffect, useId } from "react";
import { useStore, useT } from "../app/context";
import { thrownText } from "../app/problems";
import type { Route } from "../app/router";
import type { Resource } from "../base/resource";
import { Link } from "./Link";
import styles from "./Page.module.css";

export interface PageProps {
    readonly title: string;
    readonly text?: ReactNode;
    readonly actions?: ReactNode;
    /** The page above this one. */
    readonly up?: { readonly to: Route; readonly label: string } | undefined;
    /** Tables want all of the width, words do not. */
    readonly wide?: boolean | undefined;
    /** What the browser calls the page, if that is more than its title. */
    readonly children?: ReactNode;
}

export function Page({ title, text, actions, up, wide, children }: PageProps) {
    const t = useT();
    useEffect(() => {
        document.title = `${title} · ${t("app.console")}`;
    }, [title, t]);
    return (
        <div className={styles.page} data-wide={wide || undefined}>
            <header className={styles.head}>
                <div className={styles.titles}>
                    {up && (
                        <Link to={up.to} className={styles.up}>
                            ← {up.label}
                        </Link>
                    )}
                    <h1 className={styles.title}>{title}</h1>
                    {text !== undefined && <div className={styles.text}>{text}</div>}
                </div>
                {actions !== undefined && <div className={styles.actions}>{actions}</div>}
            </header>
            {children}
        </div>
    );
}

export interface CardProps {
    readonly title?: string | undefined;
    readonly text?: ReactNode;
    readonly actions?: ReactNode;
    readonly tone?: "danger" | undefined;
    /** A table or a list goes from edge to edge. */
    readonly flush?: boolean | undefined;
    readonly children?: ReactNode;
}

export function Card({ title, text, actions, tone, flush, children }: CardProps) {
    const id = useId();
    return (
        <section className={styles.card} data-tone={tone} aria-labelledby={title === undefined ? undefined : id}>
            {(title !== undefined || actions !== undefined) && (
                <header className={styles.cardHead}>
                    <div>
                        {title !== undefined && (
                            <h2 id={id} className={styles.cardTitle}>
                                {title}
                            </h2>
                        )}
                        {text !== undefined && <p className={styles.cardText}>{text}</p>}
                    </div>
                    {actions !== undefined && <div className={styles.actions}>{actions}</div>}
                </header>
            )}
            {children !== undefined && (
                <div className={styles.cardBody} data-flush={flush || undefined}>
                    {children}
                </div>
            )}
        </section>
    );
}

export interface Fact {
    readonly label: string;
    readonly value: ReactNode;
    readonly action?: ReactNode;
}

/** What is known of something, line by line. */
export function Facts({ facts }: { readonly facts: readonly (Fact | null)[] }) {
    return (
        <dl className={styles.facts}>
            {facts
                .filter((fact) => fact !== null)
                .map(({ label, value, action }) => (
                    <div key={label} className={styles.fact}>
                        <dt>{label}</dt>
                        <dd>{value}</dd>
                        {action !== undefined && <dd className={styles.factAction}>{action}</dd>}
                    </div>
                ))}
        </dl>
    );
}

/** Why something could not be loaded, and the button to try again. */
export function Failure({ problem, retry }: { readonly problem: Problem; readonly retry: () => void }) {
    const t = useT();
    return (
        <Banner tone="danger" action={<Button onClick={retry}>{t("common.retry")}</Button>}>
            {thrownText(t, problem.cause ?? problem)}
        </Banner>
    );
}

/** Lines that are on their way. */
export function Coming({ lines = 6 }: { readonly lines?: number }) {
    const t = useT();
    return (
        <div className={styles.coming} role="status">
            <VisuallyHidden>{t("common.loading")}</VisuallyHidden>
            {Array.from({ length: lines }, (_, index) => (
                <Skeleton key={index} width={`${90 - ((index * 37) % 50)}%`} />
            ))}
        </div>
    );
}

/** What a resource holds, or why not. */
export function Shown<V>({ of, children, lines }: { readonly of: Resource<V>; readonly children: (value: V) => ReactNode; readonly lines?: number }) {
    const { value, loading, problem } = useStore(of);
    return (
        <>
            {problem && !loading && <Failure problem={problem} retry={() => void of.load()} />}
            {value === null ? loading && <Coming lines={lines ?? 6} /> : children(value)}
        </>
    );
}
