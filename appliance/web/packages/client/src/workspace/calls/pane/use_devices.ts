/** One list of devices for everything that shows or chooses them. */
import { CallDevices } from "@veche/protocol/calls";

let known: CallDevices | null = null;

export const callDevices = (): CallDevices => (known ??= new CallDevices());
