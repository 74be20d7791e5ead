/** Which page is shown: what the wizard is at, and, of the questions, the one that the address names. */
import { useEffect } from "react";
import { Certificate } from "../pages/Certificate/Certificate";
import { Check } from "../pages/Check/Check";
import { Claim } from "../pages/Claim/Claim";
import { Done } from "../pages/Done/Done";
import { Encryption } from "../pages/Encryption/Encryption";
import { Language } from "../pages/Language/Language";
import { Opening } from "../pages/Opening/Opening";
import { Organisation } from "../pages/Organisation/Organisation";
import { Over } from "../pages/Over/Over";
import { Owner } from "../pages/Owner/Owner";
import { Registration } from "../pages/Registration/Registration";
import { SecondFactor } from "../pages/SecondFactor/SecondFactor";
import { Starting } from "../pages/Starting/Starting";
import { Unreachable } from "../pages/Unreachable/Unreachable";
import type { SetupState } from "../api/types";
import { type PageName, addressOf, shownPage } from "../wizard/steps";
import { useServices, useStore } from "./context";

const PAGES: Readonly<Record<PageName, React.ComponentType<{ answers: SetupState }>>> = {
    language: Language,
    organisation: Organisation,
    certificate: Certificate,
    owner: Owner,
    "second-factor": SecondFactor,
    registration: Registration,
    encryption: Encryption,
    check: Check,
};

export function App() {
    const { view } = useStore(useServices().wizard);
    switch (view.phase) {
        case "opening":
            return <Opening />;
        case "unreachable":
            return <Unreachable />;
        case "claim":
            return <Claim again={view.again} />;
        case "answering":
            return <Question answers={view.answers} />;
        case "starting":
            return <Starting />;
        case "done":
            return <Done done={view.done} />;
        case "over":
            return <Over />;
    }
}

function Question({ answers }: { readonly answers: SetupState }) {
    const { addresses } = useServices();
    const hash = useStore(addresses);
    const page = shownPage(hash, answers);
    useEffect(() => {
        if (hash !== addressOf(page)) addresses.replace(addressOf(page));
    }, [addresses, hash, page]);
    const Page = PAGES[page];
    return <Page key={page} answers={answers} />;
}
