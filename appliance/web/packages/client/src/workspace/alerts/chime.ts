/** Two soft notes, made by the browser: no file to load. */

const NOTES_HZ = [660, 880] as const;
const NOTE_SECONDS = 0.12;
const VOLUME = 0.08;

export function chime(): void {
    const context = new AudioContext();
    const gain = context.createGain();
    gain.connect(context.destination);
    const now = context.currentTime;
    const end = now + NOTE_SECONDS * (NOTES_HZ.length + 1);
    gain.gain.setValueAtTime(VOLUME, now);
    gain.gain.exponentialRampToValueAtTime(0.001, end);
    NOTES_HZ.forEach((hz, index) => {
        const note = context.createOscillator();
        note.frequency.value = hz;
        note.connect(gain);
        note.start(now + index * NOTE_SECONDS);
        note.stop(end);
        if (index === NOTES_HZ.length - 1) note.onended = () => void context.close();
    });
}
