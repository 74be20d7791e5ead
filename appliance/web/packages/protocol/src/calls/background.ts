//! Blurring what is behind somebody, by the camera itself: where the system under the browser can do that, the browser asks it
//! to (W3C Media Capture Extensions, `backgroundBlur`), and no picture without it ever reaches the page. Models that would do
//! it in the page are several times as large as the page, and come from elsewhere.

/** Opens a camera blurred from its first picture on; browsers and cameras that know nothing of it open it as it is. */
export const blurred = (on: boolean): { readonly backgroundBlur?: boolean } => (on ? { backgroundBlur: true } : {});

/** Whether this camera blurs now; null: it has no such switch. */
export function blurOf(track: Pick<MediaStreamTrack, "getCapabilities" | "getSettings">): boolean | null {
    // Not all browsers tell what a track can do.
    const { getCapabilities } = track as Partial<Pick<MediaStreamTrack, "getCapabilities">>;
    const { backgroundBlur: can } = (getCapabilities?.call(track) ?? {}) as { backgroundBlur?: unknown };
    if (!Array.isArray(can) || !can.includes(true) || !can.includes(false)) return null;
    return (track.getSettings() as { backgroundBlur?: unknown }).backgroundBlur === true;
}
