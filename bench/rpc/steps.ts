/** Name of the channel to the watched worker: any message is answered with the steps since the last one, in us, as a Float32Array. */
export const STEPS = "missile-bench-steps";
