/** Keeps a fault in one part of the page from taking the rest of it away. */
import { Component, type ReactNode } from "react";

export interface BoundaryProps {
    readonly children: ReactNode;
    /** What stands in the place of a part that could not be drawn. */
    readonly fallback: ReactNode;
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
        return this.state.failed ? this.props.fallback : this.props.children;
    }
}
