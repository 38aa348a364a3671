/** Which tests can run depends on whether the addon was built with kernels, on the fake GPU too. */
import { describe } from "vitest";
import { surveyGpus } from "../../../src/native/index.ts";

const { kernels, kernelBuild } = surveyGpus();
const hasKernels = kernels.length > 0;

/** As describe; skipped, with the reason in its name, where there are no kernels. */
export function describeWithKernels(name: string, body: () => void): void {
  describe.runIf(hasKernels)(hasKernels ? name : `${name} (${kernelBuild})`, body);
}
