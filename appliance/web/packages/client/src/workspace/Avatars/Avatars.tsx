/** Avatars with pictures from the server. */
import { Avatar, type AvatarSize } from "@veche/kit";
import type { MediaSource, Presence } from "@veche/protocol/engine";
import { useMemo } from "react";
import { useT } from "../../app/context";
import { useMedia } from "../media/use_media";

/** Pictures come in two sizes, so that one of them serves in many places. */
const SMALL_PX = 96;
const LARGE_PX = 256;
const SMALL_AVATAR_MAX: AvatarSize = 40;

interface Props {
    readonly id: string;
    readonly name: string;
    readonly picture: string | null;
    readonly size?: AvatarSize;
    readonly decorative?: boolean;
}

function usePicture(mxc: string | null, size: AvatarSize): string | null {
    const source = useMemo<MediaSource | null>(() => (mxc === null ? null : { mxc, encrypted: null, mimetype: "image/png" }), [mxc]);
    const side = size > SMALL_AVATAR_MAX ? LARGE_PX : SMALL_PX;
    const wanted = useMemo(() => ({ width: side, height: side, crop: true }), [side]);
    return useMedia(source, wanted).url;
}

export function PersonAvatar({ id, name, picture, size = 32, presence, decorative = true }: Props & { readonly presence?: Presence | null }) {
    const t = useT();
    const url = usePicture(picture, size);
    return (
        <Avatar
            id={id}
            name={name}
            url={url}
            size={size}
            decorative={decorative}
            {...(presence ? { presence, presenceLabel: t(`presence.${presence}`) } : {})}
        />
    );
}

export function RoomAvatar({ id, name, picture, size = 32, decorative = true }: Props) {
    const url = usePicture(picture, size);
    return <Avatar id={id} name={name} url={url} size={size} shape="square" decorative={decorative} />;
}
