/** What opens in front of the page. Each comes with its code when it opens. */
import { Suspense, lazy } from "react";
import { useStore } from "../../app/context";
import { type Modal, useUi } from "../ui/ui_store";

const BrowseDialog = lazy(() => import("./BrowseDialog"));
const DeleteDialog = lazy(() => import("./DeleteDialog"));
const ForwardDialog = lazy(() => import("./ForwardDialog"));
const GuestsDialog = lazy(() => import("./GuestsDialog"));
const HelpDialog = lazy(() => import("./HelpDialog"));
const InviteDialog = lazy(() => import("./InviteDialog"));
const LeaveDialog = lazy(() => import("./LeaveDialog"));
const NewChatDialog = lazy(() => import("./NewChatDialog"));
const NewRoomDialog = lazy(() => import("./NewRoomDialog"));
const PollDialog = lazy(() => import("./PollDialog"));
const PeopleDialog = lazy(() => import("./PeopleDialog"));
const QuickSwitcher = lazy(() => import("../QuickSwitcher/QuickSwitcher"));
const RecoverDialog = lazy(() => import("../setup/RecoverDialog"));
const RecoveryKeyDialog = lazy(() => import("../setup/RecoveryKeyDialog"));
const SearchDialog = lazy(() => import("../search/SearchDialog"));
const SignOutDialog = lazy(() => import("./SignOutDialog"));
const SourceDialog = lazy(() => import("./SourceDialog"));
const Viewer = lazy(() => import("../viewer/Viewer"));

export function Modals() {
    const modal = useStore(useUi());
    return modal && <Suspense fallback={null}>{dialogOf(modal)}</Suspense>;
}

function dialogOf(modal: Modal) {
    switch (modal.kind) {
        case "quick":
            return <QuickSwitcher />;
        case "search":
            return <SearchDialog roomId={modal.roomId} text={modal.text ?? ""} />;
        case "newChat":
            return <NewChatDialog />;
        case "newRoom":
            return <NewRoomDialog what={modal.what} />;
        case "browse":
            return <BrowseDialog />;
        case "help":
            return <HelpDialog />;
        case "invite":
            return <InviteDialog roomId={modal.roomId} />;
        case "guests":
            return <GuestsDialog roomId={modal.roomId} />;
        case "forward":
            return <ForwardDialog roomId={modal.roomId} eventId={modal.eventId} />;
        case "delete":
            return <DeleteDialog roomId={modal.roomId} eventId={modal.eventId} />;
        case "leave":
            return <LeaveDialog roomId={modal.roomId} />;
        case "readBy":
        case "reactions":
            return <PeopleDialog modal={modal} />;
        case "source":
            return <SourceDialog roomId={modal.roomId} eventId={modal.eventId} />;
        case "poll":
            return <PollDialog roomId={modal.roomId} threadId={modal.threadId} />;
        case "viewer":
            return <Viewer viewed={modal.viewed} />;
        case "signOut":
            return <SignOutDialog />;
        case "recover":
            return <RecoverDialog />;
        case "recoveryKey":
            return <RecoveryKeyDialog />;
    }
}
