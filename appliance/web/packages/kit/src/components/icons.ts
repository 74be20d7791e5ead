/**
 * The icons, drawn for this product: strokes on a grid of 24, one path each. Dots are short strokes with round ends.
 */

/** A circle as a path. */
function circle(x: number, y: number, radius: number): string {
    return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`;
}

/** A rectangle with round corners as a path. */
function box(x: number, y: number, width: number, height: number, radius = 2): string {
    const [w, h] = [width - 2 * radius, height - 2 * radius];
    const corner = (dx: number, dy: number): string => `a${radius} ${radius} 0 0 1 ${dx} ${dy}`;
    return (
        `M${x + radius} ${y}h${w}${corner(radius, radius)}v${h}${corner(-radius, radius)}` +
        `h${-w}${corner(-radius, -radius)}v${-h}${corner(radius, -radius)}z`
    );
}

const RING = circle(12, 12, 9);
const PERSON = `${circle(9, 8, 3.5)}M2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5`;
const BUBBLE = "M4 6.5a2.5 2.5 0 0 1 2.5-2.5h11a2.5 2.5 0 0 1 2.5 2.5v7.5a2.5 2.5 0 0 1-2.5 2.5h-6l-4.5 4v-4h-.5a2.5 2.5 0 0 1-2.5-2.5z";
const SHIELD = "M12 3l7.5 2.8v5.7c0 4.6-3.2 7.9-7.5 9.5c-4.3-1.6-7.5-4.9-7.5-9.5v-5.7z";
const BELL = "M6 10a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5h-16s2-1.5 2-6.5M10 20a2.2 2.2 0 0 0 4 0";
const PAGE = "M6 3.5h8l4.5 4.5v11a1.5 1.5 0 0 1-1.5 1.5h-11a1.5 1.5 0 0 1-1.5-1.5v-14a1.5 1.5 0 0 1 1.5-1.5zM13.5 3.8v4.7h4.7";
const FOLDER = "M3.5 7a2 2 0 0 1 2-2h4l2.5 2.5h6.5a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z";
const LOCK = `${box(5, 10.5, 14, 10)}M12 14.5v2`;
const MIC = `${box(9, 3, 6, 11, 3)}M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3`;
const CAMERA = `${box(3, 6, 12.5, 12)}M15.5 10.5l5.5-3v9l-5.5-3z`;
const EYE = `M2.5 12c2-4.3 5.5-6.5 9.5-6.5s7.5 2.2 9.5 6.5c-2 4.3-5.5 6.5-9.5 6.5s-7.5-2.2-9.5-6.5z${circle(12, 12, 3)}`;
const PIN = "M9 3.5h6l-.7 6.5l3.2 3.5v1.5h-11v-1.5l3.2-3.5zM12 15v6";
const SPEAKER = "M4 9.5v5h3.5l5 4v-13l-5 4z";
const SLASH = "M4 4l16 16";
const CLOUD = "M7 18.5a4.5 4.5 0 0 1-.6-8.96a6 6 0 0 1 11.5 1.56a3.75 3.75 0 0 1-.4 7.4z";

export const ICONS = {
    add: "M12 5v14M5 12h14",
    archive: `${box(3.5, 4, 17, 4.5, 1)}M5 8.5v9.5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-9.5M10 12.5h4`,
    "arrow-down": "M12 5v14M6 13l6 6l6-6",
    "arrow-left": "M19 12h-14M11 6l-6 6l6 6",
    "arrow-right": "M5 12h14M13 6l6 6l-6 6",
    "arrow-up": "M12 19v-14M6 11l6-6l6 6",
    at: `${circle(12, 12, 3.5)}M15.5 8.5v4.7a2.6 2.6 0 0 0 5.2 0v-1.2a8.7 8.7 0 1 0-3.4 6.9`,
    attach: "M20 11.5l-8.3 8.3a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.3a1.7 1.7 0 0 1-2.4-2.4l7.5-7.5",
    bell: BELL,
    "bell-off": `${BELL}${SLASH}`,
    bold: "M7 5h5.5a3.5 3.5 0 0 1 0 7h-5.5zM7 12h6.5a3.5 3.5 0 0 1 0 7h-6.5z",
    bookmark: "M7 4h10a1 1 0 0 1 1 1v15.5l-6-4l-6 4v-15.5a1 1 0 0 1 1-1z",
    bot: `${box(4, 8.5, 16, 11, 2.5)}M12 8.5v-4M9 13.2v1.6M15 13.2v1.6M12 4.2v.1M2 13v3M22 13v3`,
    briefcase: `${box(3, 7.5, 18, 12)}M8.5 7.5v-1.5a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v1.5M3 12.5h18`,
    building: `${box(5, 3.5, 14, 17, 1.5)}M9.5 7.5h.1M14.5 7.5h.1M9.5 11.5h.1M14.5 11.5h.1M10 20.5v-4.5h4v4.5`,
    calendar: `${box(3.5, 5, 17, 15.5)}M3.5 10h17M8 3v4M16 3v4`,
    call: "M6.5 4h3l1.5 4.2l-2 1.5a11.5 11.5 0 0 0 5.3 5.3l1.5-2l4.2 1.5v3a1.8 1.8 0 0 1-1.9 1.8a15.3 15.3 0 0 1-13.4-13.4a1.8 1.8 0 0 1 1.8-1.9z",
    "call-end": "M3 14.2c0-3.9 4-6.2 9-6.2s9 2.3 9 6.2v1a1.3 1.3 0 0 1-1.5 1.3l-3-.5a1.3 1.3 0 0 1-1.1-1.3v-1.9a13 13 0 0 0-6.8 0v1.9a1.3 1.3 0 0 1-1.1 1.3l-3 .5a1.3 1.3 0 0 1-1.5-1.3z",
    camera: `M4 8a2 2 0 0 1 2-2h2l1.5-2h5l1.5 2h2a2 2 0 0 1 2 2v9.5a2 2 0 0 1-2 2h-12a2 2 0 0 1-2-2z${circle(12, 12.5, 3.5)}`,
    chat: BUBBLE,
    check: "M5 12.5l4.5 4.5l9.5-10",
    "check-circle": `${RING}M8 12.3l2.8 2.8l5.4-5.8`,
    "check-double": "M2.5 12.5l4.5 4.5l9-10M11 16l1 1l9.5-10",
    "chevron-down": "M6 9.5l6 6l6-6",
    "chevron-left": "M14.5 6l-6 6l6 6",
    "chevron-right": "M9.5 6l6 6l-6 6",
    "chevron-up": "M6 14.5l6-6l6 6",
    circle: RING,
    clock: `${RING}M12 7v5l3.5 2`,
    close: "M6 6l12 12M18 6l-12 12",
    "cloud-off": `${CLOUD}${SLASH}`,
    code: "M8.5 7l-5 5l5 5M15.5 7l5 5l-5 5",
    "code-block": `${box(3, 4.5, 18, 15)}M9.5 9.5l-2.5 2.5l2.5 2.5M14.5 9.5l2.5 2.5l-2.5 2.5`,
    copy: `${box(8.5, 8.5, 12, 12)}M15.5 8.5v-3a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h3`,
    desktop: `${box(3, 4, 18, 12)}M8.5 20h7M12 16v4`,
    download: "M12 4v11.5M7 11l5 5l5-5M4.5 20h15",
    edit: "M4.5 19.5l.9-4.2l10.4-10.4a2.2 2.2 0 0 1 3.1 0l.2.2a2.2 2.2 0 0 1 0 3.1l-10.4 10.4zM14 7l3 3",
    emoji: `${RING}M8.5 14a4 4 0 0 0 7 0M9 9.4v.2M15 9.4v.2`,
    error: `${RING}M12 7.5v5.5M12 16.3v.1`,
    expand: "M14 4.5h5.5v5.5M19.5 4.5l-6.5 6.5M10 19.5h-5.5v-5.5M4.5 19.5l6.5-6.5",
    external: "M14 4.5h5.5v5.5M19.5 4.5l-8 8M17.5 14v4a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2h4",
    eye: EYE,
    "eye-off": `${EYE}${SLASH}`,
    file: PAGE,
    "file-text": `${PAGE}M8.5 12.5h6.5M8.5 16h6.5`,
    filter: "M4 6h16M7 12h10M10.5 18h3",
    folder: FOLDER,
    forward: "M14 6l6 5.5l-6 5.5v-3.5c-5 0-8 1.5-10 5c.3-5.5 3.5-9.2 10-9.5z",
    globe: `${RING}M3 12h18M12 3c2.7 2.6 4 5.6 4 9s-1.3 6.4-4 9c-2.7-2.6-4-5.6-4-9s1.3-6.4 4-9z`,
    grid: `${box(4, 4, 7, 7, 1)}${box(13, 4, 7, 7, 1)}${box(4, 13, 7, 7, 1)}${box(13, 13, 7, 7, 1)}`,
    hand: "M8 12.5v-6a1.4 1.4 0 0 1 2.8 0v4.5M10.8 11v-6.2a1.4 1.4 0 0 1 2.8 0v6.2M13.6 11v-5.2a1.4 1.4 0 0 1 2.8 0v6M16.4 12v-3a1.4 1.4 0 0 1 2.8 0v5.5c0 3.8-2.4 6.3-6 6.3c-3 0-4.6-1.3-6-4l-2.4-4.3a1.4 1.4 0 0 1 2.4-1.4l1 1.4",
    hash: "M9.5 4l-2 16M16.5 4l-2 16M4.5 9h16M3.5 15h16",
    help: `${RING}M9.3 9.3a2.8 2.8 0 1 1 4 2.6c-.9.4-1.3 1-1.3 1.9M12 16.7v.1`,
    history: "M4 5v4.5h4.5M4.3 9.2a8.3 8.3 0 1 1-.6 3.8M12 8v4.5l3 1.8",
    home: "M4 11l8-7l8 7v8a1.5 1.5 0 0 1-1.5 1.5h-13a1.5 1.5 0 0 1-1.5-1.5zM9.5 20.5v-6h5v6",
    image: `${box(3.5, 4.5, 17, 15)}${circle(8.7, 9.5, 1.5)}M4 17l5-4.5l3.5 3l3-2.5l5 4.5`,
    inbox: "M3.5 13h5l1.5 2.5h4l1.5-2.5h5M3.5 13l2.7-7a2 2 0 0 1 1.9-1.3h7.8a2 2 0 0 1 1.9 1.3l2.7 7v4.5a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z",
    info: `${RING}M12 11v5.5M12 7.7v.1`,
    italic: "M10 5h7M7 19h7M14 5l-4 14",
    key: `${circle(8, 15.5, 4)}M11 12.5l8.5-8.5M16 7.5l2.5 2.5M13.5 10l1.5 1.5`,
    keyboard: `${box(2.5, 6, 19, 12.5)}M6.5 10h.1M10.2 10h.1M13.8 10h.1M17.5 10h.1M8 14.5h8`,
    language: "M3.5 6h10M8.5 4v2M11.5 6c-.9 4-3.5 7-7.5 9M6 9.5c1.3 2.3 3 3.9 5 5M12.5 20l4-10l4 10M13.9 16.5h5.2",
    laptop: `${box(5, 5, 14, 10, 1.5)}M2.5 19h19`,
    link: "M10 14a4.2 4.2 0 0 0 6.3.4l2.7-2.7a4.2 4.2 0 0 0-6-6l-1.2 1.2M14 10a4.2 4.2 0 0 0-6.3-.4l-2.7 2.7a4.2 4.2 0 0 0 6 6l1.2-1.2",
    list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.1M4.5 12h.1M4.5 17.5h.1",
    "list-ordered": "M10 6.5h10M10 12h10M10 17.5h10M4 5.3l1.3-.8v4.5M4 15.5c.3-1.2 2.3-1.2 2.3.1c0 1-2.3 1.7-2.3 3.4h2.5",
    lock: `${LOCK}M8 10.5v-3a4 4 0 0 1 8 0v3`,
    "lock-open": `${LOCK}M8 10.5v-3a4 4 0 0 1 7.7-1.5`,
    logout: "M14 4.5h-7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h7M10 12h10.5M17 8.5l3.5 3.5l-3.5 3.5",
    mail: `${box(3, 5, 18, 14)}M3.5 7l8.5 6.5l8.5-6.5`,
    menu: "M4 6.5h16M4 12h16M4 17.5h16",
    mic: MIC,
    "mic-off": `${MIC}${SLASH}`,
    minus: "M5 12h14",
    moon: "M20 14.5a8.3 8.3 0 1 1-10.5-10.5a6.8 6.8 0 0 0 10.5 10.5z",
    more: `${circle(5, 12, 0.6)}${circle(12, 12, 0.6)}${circle(19, 12, 0.6)}`,
    "more-vertical": `${circle(12, 5, 0.6)}${circle(12, 12, 0.6)}${circle(12, 19, 0.6)}`,
    mute: `${SPEAKER}M16.5 9.5l5 5M21.5 9.5l-5 5`,
    pause: "M8 5.5v13M16 5.5v13",
    phone: `${box(7, 2.5, 10, 19, 2.5)}M11 18h2`,
    pin: PIN,
    "pin-off": `${PIN}${SLASH}`,
    play: "M7.5 4.8l11.5 7.2l-11.5 7.2z",
    poll: "M5 20v-7M12 20v-16M19 20v-10",
    print: `M7 9v-5.5h10v5.5M7 17h-1.5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2h13a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-1.5${box(7, 14, 10, 6.5, 1)}`,
    qr: `${box(4, 4, 6, 6, 1)}${box(14, 4, 6, 6, 1)}${box(4, 14, 6, 6, 1)}M14 14h2.5v2.5M20 14v2M14 20h2M19.5 19.5v.5`,
    quote: "M4.5 16.5c2.5-1 3.5-3 3.5-5.5h-3.5v-4.5h5v4.5c0 4-1.5 6.5-5 7.5zM14 16.5c2.5-1 3.5-3 3.5-5.5h-3.5v-4.5h5v4.5c0 4-1.5 6.5-5 7.5z",
    reaction: "M20.3 10a8.8 8.8 0 1 1-6.3-6.3M8.5 14a4 4 0 0 0 7 0M9 9.4v.2M15 9.4v.2M19 2v6M16 5h6",
    redo: "M19.5 5v5h-5M19.2 9.8a8 8 0 1 0 .5 4.7",
    refresh: "M19.5 4.5v5h-5M4.5 19.5v-5h5M19 9.5a7.7 7.7 0 0 0-14-.5M5 14.5a7.7 7.7 0 0 0 14 .5",
    reply: "M10 6l-6 5.5l6 5.5v-3.5c5 0 8 1.5 10 5c-.3-5.5-3.5-9.2-10-9.5z",
    rows: "M4 5h16M4 9.7h16M4 14.3h16M4 19h16",
    "screen-share": `${box(3, 4, 18, 12)}M8.5 20h7M12 16v4M12 13v-6M9.3 9.5l2.7-2.7l2.7 2.7`,
    search: `${circle(10.5, 10.5, 6.5)}M15.5 15.5l5 5`,
    send: "M4 4.5l17 7.5l-17 7.5l2.5-7.5zM6.5 12h7",
    server: `${box(3.5, 4, 17, 7)}${box(3.5, 13, 17, 7)}M7 7.5h.1M7 16.5h.1`,
    settings: `${circle(12, 12, 3)}M10.5 3h3l.5 2.4l1.9.8l2.1-1.3l2.1 2.1l-1.3 2.1l.8 1.9l2.4.5v3l-2.4.5l-.8 1.9l1.3 2.1l-2.1 2.1l-2.1-1.3l-1.9.8l-.5 2.4h-3l-.5-2.4l-1.9-.8l-2.1 1.3l-2.1-2.1l1.3-2.1l-.8-1.9l-2.4-.5v-3l2.4-.5l.8-1.9l-1.3-2.1l2.1-2.1l2.1 1.3l1.9-.8z`,
    share: `${circle(6, 12, 2.5)}${circle(17.5, 5.5, 2.5)}${circle(17.5, 18.5, 2.5)}M8.2 10.8l7.1-4M8.2 13.2l7.1 4`,
    shield: SHIELD,
    "shield-alert": `${SHIELD}M12 8v4.5M12 15.8v.1`,
    "shield-check": `${SHIELD}M8.5 12l2.5 2.5l4.5-5`,
    sidebar: `${box(3.5, 4.5, 17, 15)}M14.5 4.5v15`,
    sliders: `M4 7h8M17 7h3M4 17h3M12 17h8${circle(14.5, 7, 2.5)}${circle(9.5, 17, 2.5)}`,
    sort: "M8 5v14M4.5 15.5l3.5 3.5l3.5-3.5M16 19v-14M12.5 8.5l3.5-3.5l3.5 3.5",
    spotlight: `${box(3.5, 4, 17, 10)}${box(3.5, 17, 4, 3.5, 1)}${box(10, 17, 4, 3.5, 1)}${box(16.5, 17, 4, 3.5, 1)}`,
    star: "M12 3.5l2.6 5.4l5.9.8l-4.3 4.2l1 5.9l-5.2-2.8l-5.2 2.8l1-5.9l-4.3-4.2l5.9-.8z",
    stop: box(6, 6, 12, 12),
    strike: "M4 12h16M16.5 7.5c-.7-1.7-2.3-2.7-4.5-2.7c-2.8 0-4.6 1.4-4.6 3.5c0 1.6.9 2.7 2.8 3.7M7.2 16.2c.7 1.9 2.5 3 4.9 3c2.9 0 4.8-1.5 4.8-3.7c0-1.4-.7-2.5-2-3.5",
    sun: `${circle(12, 12, 4)}M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M18.7 5.3l-1.5 1.5M6.8 17.2l-1.5 1.5`,
    thread: `${BUBBLE}M8 8.5h8M8 12h5`,
    trash: "M4.5 6.5h15M9.5 6.5v-2.5h5v2.5M6.5 6.5l.9 12.5a1.5 1.5 0 0 0 1.5 1.5h6.2a1.5 1.5 0 0 0 1.5-1.5l.9-12.5M10.2 10.5v6M13.8 10.5v6",
    undo: "M4.5 5v5h5M4.8 9.8a8 8 0 1 1-.5 4.7",
    unread: `${circle(17.5, 6.5, 3)}M11.5 4h-5a2.5 2.5 0 0 0-2.5 2.5v7.5a2.5 2.5 0 0 0 2.5 2.5h.5v4l4.5-4h6a2.5 2.5 0 0 0 2.5-2.5v-1`,
    upload: "M12 16v-11.5M7 9.5l5-5l5 5M4.5 20h15",
    user: `${circle(12, 8, 4)}M4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6`,
    "user-add": `${PERSON}M19 7v6M16 10h6`,
    "user-remove": `${PERSON}M16 10h6`,
    users: `${PERSON}M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14.8c2 .8 3.2 2.5 3.5 5.2`,
    video: CAMERA,
    "video-off": `${CAMERA}${SLASH}`,
    voice: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10.5v3",
    volume: `${SPEAKER}M16 9a4.5 4.5 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11`,
    warning: "M12 4l9 15.5h-18zM12 10v4.5M12 17v.1",
    "wifi-low": "M8.5 16a5 5 0 0 1 7 0M12 19.3v.1",
    "wifi-off": `M5 12.5a10 10 0 0 1 14 0M8.5 16a5 5 0 0 1 7 0M2 9a14.5 14.5 0 0 1 20 0M12 19.3v.1${SLASH}`,
    "zoom-in": `${circle(10.5, 10.5, 6.5)}M15.5 15.5l5 5M10.5 7.5v6M7.5 10.5h6`,
    "zoom-out": `${circle(10.5, 10.5, 6.5)}M15.5 15.5l5 5M7.5 10.5h6`,
} as const satisfies Readonly<Record<string, string>>;

/** The name of an icon. */
export type IconName = keyof typeof ICONS;
