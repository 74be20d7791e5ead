import { type ReactNode, useState } from "react";
import { Banner, Button, EmptyState, ProgressBar, QrCode, Skeleton, Spinner, Stepper } from "../../src";
import styles from "../Page.module.css";

const STEPS = [
    { id: "organisation", label: "Organisation", done: true, href: "#organisation" },
    { id: "certificate", label: "Certificate", done: true, href: "#certificate" },
    { id: "owner", label: "Owner", done: false, href: "#owner" },
    { id: "encryption", label: "Encryption", done: false },
];

export function Feedback(): ReactNode {
    const [shown, setShown] = useState(true);
    return (
        <div className={styles.columns}>
            <div className={styles.stack}>
                <Banner tone="info" title="Offline">
                    What you write now is sent when the connection is back.
                </Banner>
                <Banner tone="success">The certificate was renewed.</Banner>
                {shown && (
                    <Banner
                        tone="warning"
                        title="This device is not verified"
                        action={<Button size="small">Verify</Button>}
                        onDismiss={() => {
                            setShown(false);
                        }}
                        dismissLabel="Dismiss"
                    >
                        Earlier messages cannot be read here.
                    </Banner>
                )}
                <Banner tone="danger">The disk is almost full: 1.2 GB are left.</Banner>
            </div>
            <div className={styles.stack}>
                <ProgressBar label="report-2026.pdf" value={0.62} detail="62 %" />
                <ProgressBar label="Restoring messages" />
                <ProgressBar label="Disk" value={0.91} detail="91 % of 40 GB" tone="danger" />
                <div className={styles.row}>
                    <Spinner label="Loading" size="small" />
                    <Spinner label="Loading" />
                    <Spinner label="Loading" size="large" />
                </div>
                <div className={styles.row}>
                    <Skeleton shape="circle" />
                    <Skeleton lines={2} width="14rem" />
                </div>
                <Skeleton shape="block" />
            </div>
            <div className={styles.stack}>
                <Stepper label="Set-up" steps={STEPS} current="owner" doneLabel="done" summary="Step 3 of 4" />
            </div>
            <div className={styles.code}>
                <QrCode value="https://chat.example.org/#/invite/kWq7dTf2Lx9sRm3Z" label="The invitation as a code for a phone" />
            </div>
            <EmptyState
                level={3}
                icon="chat"
                title="No messages yet"
                text="Write the first one, or invite colleagues: everybody you invite sees what is written from then on."
                action={
                    <Button variant="primary" icon="user-add">
                        Invite people
                    </Button>
                }
            />
        </div>
    );
}
