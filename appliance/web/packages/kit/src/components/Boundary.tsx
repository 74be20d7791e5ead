/** Keeps a fault in one part of the page from taking the rest of it away: that part says so and offers to load again. */
import { Component, type ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Boundary.module.css";
import { EmptyState } from "./EmptyState";

export interface BoundaryProps {
    readonly children: ReactNode;
    readonly title: string;
    readonly text: string;
    /** What the button that loads the page again is called. */
    readonly reload: string;
}

interface BoundaryState {
    readonly failed: boolean;
}

/** Given another key, it tries again. React itself tells the console what happened. */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
    static getDerivedStateFromError(): BoundaryState {
        return { failed: true };
    }

    override readonly state: BoundaryState = { failed: false };

    override render(): ReactNode {
        const { children, title, text, reload } = this.props;
        if (!this.state.failed) return children;
        const again = (
            <Button variant="primary" icon="refresh" onClick={() => { location.reload(); }}>
                {reload}
            </Button>
        );
        return (
            <main className={styles.broken}>
                <EmptyState level={1} icon="warning" title={title} text={text} action={again} />
            </main>
        );
    }
}
