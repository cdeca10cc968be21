/** For tests that need virtual machines: whether they work here, found out once per test file as `diatom` does. */
import { probeHvt } from '@diatom/tender';
import { nativeTenderPath } from './hostile/native-tender.ts';

const problem = process.env.NODE_TEST_CONTEXT === undefined ? undefined : await probeHvt(await nativeTenderPath());

/** Options for `test(...)`: leaves the test out, and says why, where KVM does not work. */
export const needsHvt: { readonly skip: string | false } = {
  skip: problem === undefined ? false : `needs KVM: ${problem}`,
};
