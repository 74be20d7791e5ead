//! What only those need who are in a call or about to join one. Loaded with the page of the call.

export { blurOf, blurred } from "./calls/background";
export { deviceProblem } from "./calls/device_problem";
export { CallDevices } from "./calls/devices";
export { REACTIONS } from "./calls/events";
export { type Layout, type Tile, gridOf, stageOf, startOf } from "./calls/stage";
