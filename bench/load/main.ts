/** `node main.ts PLAN`: runs one load plan (JSON) and prints its result as JSON. A process of its own, to be pinned. */
import { generateLoad, type LoadPlan } from './load.ts';

const plan: LoadPlan = JSON.parse(process.argv[2] ?? '{}');
process.stdout.write(`${JSON.stringify(await generateLoad(plan))}\n`);
