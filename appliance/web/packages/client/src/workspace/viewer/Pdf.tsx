/** A PDF, drawn page by page as it is scrolled to. */
import { Spinner } from "@veche/kit";
import { problemOf } from "@veche/protocol";
import type { FileDetails } from "@veche/protocol/engine";
import { GlobalWorkerOptions, type PDFDocumentLoadingTask, type PDFDocumentProxy, VerbosityLevel, getDocument } from "pdfjs-dist";
import workerUrl from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import { useEffect, useRef, useState } from "react";
import { useEngine, useI18n } from "../../app/context";
import { problemText } from "../../app/problems";
import styles from "./Viewer.module.css";

GlobalWorkerOptions.workerSrc = workerUrl;

/** Pages that a viewer draws of one document; the rest is read in a program for it. */
const PAGES_MAX = 500;
/** The width a page is drawn at, in CSS pixels. */
const PAGE_PX_MAX = 1_000;

export default function Pdf({ file }: { readonly file: FileDetails }) {
    const { t } = useI18n();
    const { media } = useEngine();
    const [pdf, setPdf] = useState<PDFDocumentProxy | null>(null);
    const [problem, setProblem] = useState<string | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        let loading: PDFDocumentLoadingTask | null = null;
        const open = async () => {
            const data = await media.bytes(file.source, abort.signal);
            // Fonts as paths and no scripts: the page's policy lets neither in. What a file lacks comes from the system.
            loading = getDocument({ data, disableFontFace: true, useSystemFonts: true, useWasm: false, verbosity: VerbosityLevel.ERRORS });
            const next = await loading.promise;
            if (!abort.signal.aborted) setPdf(next);
        };
        open().catch((thrown: unknown) => {
            if (!abort.signal.aborted) setProblem(problemText(t, problemOf(thrown).code === "unknown" ? "unreadable" : problemOf(thrown).code));
        });
        return () => {
            abort.abort();
            void loading?.destroy();
        };
    }, [media, file, t]);
    if (problem !== null) return <p className={styles.problem}>{problem}</p>;
    if (!pdf) return <Spinner label={t("common.loading")} />;
    const pages = Math.min(pdf.numPages, PAGES_MAX);
    return (
        <div className={styles.pages}>
            {Array.from({ length: pages }, (_, index) => (
                <Page key={index} pdf={pdf} number={index + 1} />
            ))}
            {pdf.numPages > pages && <p className={styles.problem}>{t("viewer.morePages", { count: pdf.numPages - pages })}</p>}
        </div>
    );
}

function Page({ pdf, number }: { readonly pdf: PDFDocumentProxy; readonly number: number }) {
    const { t } = useI18n();
    const canvas = useRef<HTMLCanvasElement>(null);
    const [near, setNear] = useState(number <= 2);
    useEffect(() => {
        const box = canvas.current;
        if (!box || near) return undefined;
        const observer = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) setNear(true); }, { rootMargin: "100%" });
        observer.observe(box);
        return () => { observer.disconnect(); };
    }, [near]);
    useEffect(() => {
        if (!near) return undefined;
        let task: { cancel(): void } | null = null;
        let here = true;
        const draw = async () => {
            const page = await pdf.getPage(number);
            const box = canvas.current;
            if (!box || !here) return;
            const natural = page.getViewport({ scale: 1 });
            const width = Math.min(PAGE_PX_MAX, box.parentElement?.clientWidth ?? PAGE_PX_MAX);
            const viewport = page.getViewport({ scale: (width / natural.width) * devicePixelRatio });
            box.width = viewport.width;
            box.height = viewport.height;
            const rendering = page.render({ canvas: box, viewport });
            task = rendering;
            await rendering.promise;
        };
        draw().catch(() => undefined);
        return () => {
            here = false;
            task?.cancel();
        };
    }, [near, pdf, number]);
    return <canvas ref={canvas} className={styles.page} role="img" aria-label={t("viewer.page", { count: number })} />;
}
