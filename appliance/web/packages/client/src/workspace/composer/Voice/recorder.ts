/** The microphone as a file with its loudness over time. */

/** A forgotten recording ends by itself. */
const RECORDING_MS_MAX = 15 * 60 * 1000;
/** How often loudness is looked at. */
const SAMPLE_MS = 60;
/** Values of loudness that go with the message. */
const WAVEFORM_VALUES = 100;
/** Less than this was a slip of the finger. */
const RECORDING_MS_MIN = 500;
/** Speech at arm's length is about this loud; it fills the picture. */
const LOUD = 0.25;

const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"] as const;

export interface Recorded {
    readonly blob: Blob;
    readonly extension: string;
    readonly durationMs: number;
    readonly waveform: readonly number[];
}

/** As many values as `count`, each the loudest of its part. */
export function condensed(levels: readonly number[], count: number): number[] {
    if (levels.length <= count) return [...levels];
    return Array.from({ length: count }, (_, index) => {
        const from = Math.floor((index * levels.length) / count);
        const to = Math.max(from + 1, Math.floor(((index + 1) * levels.length) / count));
        return Math.max(...levels.slice(from, to));
    });
}

export class Recorder {
    readonly #onLevel: (level: number, elapsedMs: number) => void;
    #stream: MediaStream | null = null;
    #media: MediaRecorder | null = null;
    #context: AudioContext | null = null;
    #timer: ReturnType<typeof setInterval> | null = null;
    #startMs = 0;
    readonly #levels: number[] = [];
    readonly #chunks: Blob[] = [];
    #cancelled = false;

    constructor(onLevel: (level: number, elapsedMs: number) => void) {
        this.#onLevel = onLevel;
    }

    /** Begins. Rejects if there is no microphone or it may not be used. */
    async start(): Promise<void> {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        this.#stream = stream;
        if (this.#cancelled) {
            this.#release();
            return;
        }
        const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
        this.#media = new MediaRecorder(stream, mimeType === undefined ? {} : { mimeType });
        this.#media.ondataavailable = ({ data }) => {
            this.#chunks.push(data);
        };
        this.#listen(stream);
        this.#startMs = performance.now();
        this.#media.start();
    }

    /** Ends, with what was recorded; null if that is nothing. */
    async finish(): Promise<Recorded | null> {
        const media = this.#media;
        const durationMs = performance.now() - this.#startMs;
        if (!media || durationMs < RECORDING_MS_MIN) {
            this.cancel();
            return null;
        }
        if (media.state !== "inactive") {
            await new Promise<void>((resolve) => {
                media.onstop = () => {
                    resolve();
                };
                media.stop();
            });
        }
        this.#release();
        const type = media.mimeType.split(";")[0] ?? "audio/ogg";
        const extension = type.slice(type.indexOf("/") + 1);
        const blob = new Blob(this.#chunks, { type });
        return { blob, extension, durationMs: Math.min(durationMs, RECORDING_MS_MAX), waveform: condensed(this.#levels, WAVEFORM_VALUES) };
    }

    cancel(): void {
        this.#cancelled = true;
        if (this.#media && this.#media.state !== "inactive") this.#media.stop();
        this.#release();
    }

    #listen(stream: MediaStream): void {
        this.#context = new AudioContext();
        const analyser = this.#context.createAnalyser();
        this.#context.createMediaStreamSource(stream).connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        this.#timer = setInterval(() => {
            analyser.getFloatTimeDomainData(samples);
            const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
            const level = Math.min(1, Math.sqrt(power) / LOUD);
            this.#levels.push(level);
            const elapsed = performance.now() - this.#startMs;
            this.#onLevel(level, elapsed);
            if (elapsed > RECORDING_MS_MAX && this.#media?.state === "recording") this.#media.stop();
        }, SAMPLE_MS);
    }

    #release(): void {
        if (this.#timer !== null) clearInterval(this.#timer);
        this.#timer = null;
        for (const track of this.#stream?.getTracks() ?? []) track.stop();
        void this.#context?.close().catch(() => undefined);
        this.#context = null;
    }
}
