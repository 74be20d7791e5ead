/** Where one is on a way of several steps: which are done, which comes next. Done ones are links back. */
import type { ReactNode } from "react";
import { Icon } from "./Icon";
import styles from "./Stepper.module.css";
import { VisuallyHidden } from "./VisuallyHidden";

export interface StepperStep {
    readonly id: string;
    readonly label: string;
    readonly done: boolean;
    /** Where it is; none: one cannot go there yet. */
    readonly href?: string | undefined;
}

export interface StepperProps {
    /** What the way leads to. */
    readonly label: string;
    readonly steps: readonly StepperStep[];
    /** The id of the step that is shown. */
    readonly current: string;
    /** What a screen reader says of a step that is done. */
    readonly doneLabel: string;
    /** "Step 2 of 6", for where there is no room for the list. */
    readonly summary: string;
}

export function Stepper({ label, steps, current, doneLabel, summary }: StepperProps): ReactNode {
    const at = steps.findIndex((step) => step.id === current);
    return (
        <nav aria-label={label} className={styles.stepper}>
            <div className={styles.short}>
                <p className={styles.summary}>
                    <span>{summary}</span>
                    <span className={styles.name}>{steps[at]?.label}</span>
                </p>
                <div className={styles.bars} aria-hidden="true">
                    {steps.map((step, number) => (
                        <span key={step.id} className={styles.bar} data-state={stateOf(step, number, at)} />
                    ))}
                </div>
            </div>
            <ol className={styles.list}>
                {steps.map((step, number) => (
                    <li key={step.id} className={styles.step} data-state={stateOf(step, number, at)}>
                        <Name step={step} number={number + 1} here={number === at} doneLabel={doneLabel} />
                    </li>
                ))}
            </ol>
        </nav>
    );
}

const stateOf = (step: StepperStep, number: number, at: number): string =>
    number === at ? "current" : step.done ? "done" : "ahead";

interface NameProps {
    readonly step: StepperStep;
    readonly number: number;
    readonly here: boolean;
    readonly doneLabel: string;
}

function Name({ step, number, here, doneLabel }: NameProps): ReactNode {
    const words = (
        <>
            <span className={styles.mark} aria-hidden="true">
                {step.done && !here ? <Icon name="check" size={16} /> : number}
            </span>
            <span>
                {step.label}
                {step.done && <VisuallyHidden>, {doneLabel}</VisuallyHidden>}
            </span>
        </>
    );
    if (here) {
        return (
            <span className={styles.place} aria-current="step">
                {words}
            </span>
        );
    }
    return step.href === undefined ? (
        <span className={styles.place}>{words}</span>
    ) : (
        <a className={styles.place} href={step.href}>
            {words}
        </a>
    );
}
