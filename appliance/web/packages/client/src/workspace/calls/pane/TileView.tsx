/** Somebody in the call, or what somebody shows. */
import { Badge, Icon, IconButton, Menu, MenuItem, classes, useToasts } from "@veche/kit";
import type { Participant } from "@veche/protocol/engine";
import type { Tile } from "@veche/protocol/calls";
import { type T, useEngine, useRouter, useStore, useT } from "../../../app/context";
import { thrownText } from "../../../app/problems";
import { PersonAvatar } from "../../Avatars/Avatars";
import { Video } from "./Video";
import styles from "./Tile.module.css";

interface Props {
    readonly tile: Tile;
    readonly pinned: boolean;
    readonly onPin: (id: string | null) => void;
    readonly size: keyof typeof FACES;
    /** Nothing can be pressed: the small window has its own buttons. */
    readonly bare?: boolean;
}

/** Avatars by the size of the tile. */
const FACES = { small: 40, medium: 80, large: 120 } as const;

/** Everything a tile shows, for those who do not see it. */
function spoken(t: T, { kind, participant: { name, local, guest, muted, handTs, presence, keyMissing, held, connection } }: Tile): string {
    const who = local ? t("call.you") : name;
    if (kind === "screen") return t("call.screenOf", { name: who });
    const marks = [
        guest && !local && t("members.guest"),
        presence === "coming" && t("call.coming"),
        presence === "elsewhere" && t("call.otherServer"),
        presence === "here" && muted && t("call.muted"),
        keyMissing && t("call.keyMissing"),
        held && t("call.held"),
        connection !== "good" && t(`call.connection.${connection}`),
        handTs !== null && t("call.handRaised"),
    ].filter((mark) => mark !== false);
    return [who, ...marks].join(", ");
}

export function TileView({ tile, pinned, onPin, size, bare = false }: Props) {
    const t = useT();
    const { kind, participant, picture } = tile;
    const speaking = kind === "person" && participant.speaking;
    return (
        <div className={styles.tile} data-speaking={speaking || undefined} data-kind={kind} data-size={size} data-tile={tile.id} role="group" aria-label={spoken(t, tile)}>
            {/* Behind a picture of which nothing has come yet, too: until then a video is transparent. */}
            <div className={styles.face}>
                <PersonAvatar id={participant.userId} name={participant.name} picture={participant.avatar} size={FACES[size]} />
                <Waiting participant={participant} />
            </div>
            {picture && !participant.keyMissing && (
                <Video picture={picture} mirrored={participant.local && kind === "person"} whole={kind === "screen" || size === "large"} />
            )}
            {kind === "person" && participant.reaction !== null && (
                <span key={participant.reaction} className={styles.reaction} aria-hidden="true">
                    {participant.reaction}
                </span>
            )}
            <Caption tile={tile} />
            {!bare && <TileMenu tile={tile} pinned={pinned} onPin={onPin} />}
        </div>
    );
}

/** Why somebody is neither seen nor heard. */
function Waiting({ participant }: { readonly participant: Participant }) {
    const t = useT();
    const text = waitsFor(t, participant);
    return text === null ? null : <span className={styles.waiting}>{text}</span>;
}

function waitsFor(t: T, { presence, keyMissing, held }: Participant): string | null {
    if (presence === "coming") return t("call.coming");
    if (presence === "elsewhere") return t("call.otherServer");
    if (keyMissing) return t("call.keyMissing");
    return held ? t("call.held") : null;
}

function Caption({ tile: { kind, participant } }: { readonly tile: Tile }) {
    const t = useT();
    const name = participant.local ? t("call.you") : participant.name;
    return (
        <span className={styles.caption} aria-hidden="true">
            {kind === "screen" && <Icon name="screen-share" size={16} />}
            {kind === "person" && participant.handTs !== null && <span className={styles.hand}>✋</span>}
            {kind === "person" && participant.presence === "here" && participant.muted && <Icon name="mic-off" size={16} />}
            {kind === "person" && participant.speaking && !participant.muted && <Icon name="voice" size={16} />}
            {kind === "person" && participant.held && <Icon name="video-off" size={16} />}
            {kind === "person" && participant.connection !== "good" && <Icon name={participant.connection === "lost" ? "wifi-off" : "wifi-low"} size={16} />}
            <span className={styles.name}>{kind === "screen" ? t("call.screenOf", { name }) : name}</span>
            {participant.guest && !participant.local && <Badge tone="warning">{t("members.guest")}</Badge>}
        </span>
    );
}

function TileMenu({ tile, pinned, onPin }: Pick<Props, "tile" | "pinned" | "onPin">) {
    const t = useT();
    const router = useRouter();
    const engine = useEngine();
    const { participant } = tile;
    const name = participant.local ? t("call.you") : participant.name;
    return (
        <span className={classes(styles.more)}>
            <Menu
                label={t("call.tileMenu", { name })}
                placement="bottom-end"
                trigger={<IconButton variant="secondary" size="small" icon="more" label={t("call.tileMenu", { name })} tooltip={false} />}
            >
                <MenuItem icon={pinned ? "pin-off" : "pin"} onSelect={() => { onPin(pinned ? null : tile.id); }}>
                    {pinned ? t("call.unpin") : t("call.pin")}
                </MenuItem>
                {!engine.guest && (
                    <MenuItem icon="user" onSelect={() => { router.panel({ kind: "person", userId: participant.userId }); }}>
                        {t("call.aboutPerson")}
                    </MenuItem>
                )}
                {participant.moderable && <Moderation participant={participant} />}
            </Menu>
        </span>
    );
}

/** What somebody who moderates the room can do. */
function Moderation({ participant: { identity, muted } }: { readonly participant: Participant }) {
    const t = useT();
    const toasts = useToasts();
    const call = useStore(useEngine().calls.current);
    const attempt = (work: () => Promise<void> | undefined) => () => {
        work()?.catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    return (
        <>
            {!muted && (
                <MenuItem icon="mic-off" onSelect={attempt(() => call?.mute(identity))}>
                    {t("call.muteOther")}
                </MenuItem>
            )}
            <MenuItem icon="call-end" danger onSelect={attempt(() => call?.remove(identity))}>
                {t("call.removeOther")}
            </MenuItem>
        </>
    );
}
