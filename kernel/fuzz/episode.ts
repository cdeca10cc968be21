/**
 * One seed: a fresh API, a few kinds, random requests, and what has to hold whatever is sent. Nothing is mocked below the
 * HTTP front: requests go through decoding, the verbs and the store.
 */
import assert from 'node:assert/strict';
import { builtInRows } from '../kinds/built-in.ts';
import { deepEqual, isRecord, type JsonRecord, parseJson, recordAt, stringAt } from '../kinds/json.ts';
import { type Answer, openApi, type TestApi, type TestWatch } from '../verbs/test-api.ts';
import { decodeEnvelope, decodeMessage } from '../wire/protobuf.ts';
import { encodeEnvelope } from '../wire/protobuf-encode.ts';
import { type Chance, seeded } from './chance.ts';
import { widgetDefinition, widgets } from './custom-target.ts';
import { withoutZeroes } from './protobuf-form.ts';
import { type Request, randomName, randomRequest, type Target, targetOf, templateObject } from './requests.ts';

export interface EpisodeOptions {
  readonly seed: number;
  readonly steps: number;
  /** Go type names; a few are chosen when absent. */
  readonly types?: readonly string[];
}

export interface Episode {
  readonly requests: number;
  /** Answers by status code. */
  readonly codes: ReadonlyMap<number, number>;
  readonly findings: readonly string[];
}

/** Kinds whose status is written by the kernel itself, a moment after their spec. */
const writtenByKernel: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'ValidatingAdmissionPolicy']);

const kindsAtOnce = 3;
const mostFindings = 5;
/** The object whose event ends a replay. */
const sentinel = 'zz-last';

export const targets: readonly Target[] = [...builtInRows.map(targetOf), widgets];

interface Run {
  readonly api: TestApi;
  readonly chance: Chance;
  readonly findings: string[];
  readonly codes: Map<number, number>;
  requests: number;
}

export async function runEpisode({ seed, steps, types }: EpisodeOptions): Promise<Episode> {
  const chance = seeded(seed);
  await using api = await openApi();
  const run: Run = { api, chance, findings: [], codes: new Map(), requests: 0 };
  await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition);
  const chosen =
    types === undefined
      ? Array.from({ length: kindsAtOnce }, () => chance.pick(targets))
      : targets.filter(({ type }) => types.includes(type));
  const watches = new Map<Target, TestWatch>();
  for (const target of new Set(chosen))
    watches.set(target, await api.watch(`${target.collection}?watch=1&resourceVersion=0`));
  for (let step = 0; step < steps && run.findings.length < mostFindings; step++)
    await takeStep(run, chance.pick(chosen));
  for (const [target, watch] of watches) await checkReplay(run, target, watch);
  return run;
}

async function takeStep(run: Run, target: Target): Promise<void> {
  const { chance } = run;
  const name = randomName(chance, target);
  const path = `${target.collection}/${name}`;
  const before = await read(run, path);
  const request = randomRequest(chance, target, name, before);
  const answer = await send(run, request);
  if (answer === undefined) return;
  const after = await read(run, path);
  const wasDry = request.path.includes('dryRun=All');
  const isWrite = request.method !== 'GET' && answer.status < 300 && !wasDry;
  // A definition goes when its objects are gone, on its own time.
  const isStill = !writtenByKernel.has(target.kind);
  if (!isWrite && isStill && !deepEqual(before, after))
    report(run, request, answer, 'an object changed by what was no write');
  if (isWrite && after !== undefined) await checkStored(run, target, request, path, after);
  if (chance.happens(0.03)) await checkNothingIsLost(run, target, path);
}

function report(run: Run, request: Request, answer: Answer | undefined, what: string): void {
  const body = request.body instanceof Uint8Array ? Buffer.from(request.body).toString('base64') : (request.body ?? '');
  const said = answer === undefined ? '' : `\n  → ${answer.status} ${answer.text.slice(0, 600)}`;
  run.findings.push(
    `${what}\n  ${request.method} ${request.path} ${request.headers['content-type'] ?? ''}\n  ${body.slice(0, 3000)}${said}`,
  );
}

async function send(run: Run, request: Request): Promise<Answer | undefined> {
  run.requests++;
  let answer: Answer;
  try {
    answer = await run.api.call(request.method, request.path, request.body, request.headers);
  } catch (error) {
    report(run, request, undefined, `the API threw ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
    return undefined;
  }
  run.codes.set(answer.status, (run.codes.get(answer.status) ?? 0) + 1);
  if (answer.status === 500) report(run, request, answer, 'an internal error');
  const isStatus = answer.body.kind === 'Status' && answer.body.code === answer.status;
  if (answer.status >= 400 && !isStatus) report(run, request, answer, 'an error without its Status');
  return answer;
}

async function read(run: Run, path: string): Promise<JsonRecord | undefined> {
  const { status, body } = await run.api.call('GET', path);
  return status === 200 ? body : undefined;
}

/** What is stored can be sent back in any form and is the same. */
async function checkStored(
  run: Run,
  target: Target,
  request: Request,
  path: string,
  stored: JsonRecord,
): Promise<void> {
  const put = async (body: string | Uint8Array, type: string, what: string): Promise<void> => {
    const again: Request = { method: 'PUT', path, headers: { 'content-type': type }, body };
    const answer = await send(run, again);
    if (answer === undefined) return;
    // A definition's status can name versions its spec never had; its spec cannot be written then, on Kubernetes neither.
    if (answer.status === 422 && answer.text.includes('status.storedVersions')) return;
    if (answer.status === 409 && writtenByKernel.has(target.kind)) return;
    if (answer.status !== 200) return report(run, request, answer, `${what} is refused`);
    const isSame =
      stringAt(answer.body, 'metadata', 'resourceVersion') === stringAt(stored, 'metadata', 'resourceVersion');
    if (!isSame) report(run, request, answer, `${what} makes a new version: ${difference(stored, answer.body)}`);
  };
  const isGoing = stringAt(stored, 'metadata', 'deletionTimestamp') !== '';
  if (isGoing) return;
  const text = JSON.stringify(stored);
  await put(text, 'application/json', 'what is stored, sent back,');
  if (run.chance.happens(0.2)) await put(text, 'application/yaml', 'what is stored, sent back as YAML,');
  if (target.schema !== undefined) checkProtobuf(run, target.schema, request, stored);
  if (!writtenByKernel.has(target.kind) && run.chance.happens(0.2))
    await checkForms(run, target, request, path, stored);
}

/** Every form of an answer says the same. */
async function checkForms(run: Run, { schema }: Target, request: Request, path: string, stored: JsonRecord) {
  const inYaml = await run.api.call('GET', path, undefined, { accept: 'application/yaml' });
  if (!deepEqual(inYaml.body, stored))
    report(run, request, inYaml, `as YAML the object is another: ${difference(stored, inYaml.body)}`);
  if (schema === undefined) return;
  const inProtobuf = await run.api.call('GET', path, undefined, { accept: 'application/vnd.kubernetes.protobuf' });
  const [expected, found] = [withoutZeroes(schema, stored), withoutZeroes(schema, inProtobuf.body)];
  if (!deepEqual(expected, found))
    report(run, request, inProtobuf, `as protobuf the object is another: ${difference(expected, found)}`);
}

function checkProtobuf(run: Run, schema: NonNullable<Target['schema']>, request: Request, stored: JsonRecord): void {
  const { raw } = decodeEnvelope(encodeEnvelope(schema, stored));
  const { apiVersion: _version, kind: _kind, ...object } = stored;
  const expected = withoutZeroes(schema, object);
  const again = withoutZeroes(schema, decodeMessage(schema, raw));
  if (!deepEqual(expected, again))
    report(run, request, undefined, `through protobuf the object is another: ${difference(expected, again)}`);
}

/** Where two values first differ, for people. */
function difference(a: unknown, b: unknown, path = ''): string {
  if (deepEqual(a, b)) return '';
  const isBoth = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  if (!isBoth || Array.isArray(a) !== Array.isArray(b))
    return `${path}: ${JSON.stringify(a)?.slice(0, 200)} ≠ ${JSON.stringify(b)?.slice(0, 200)}`;
  const [left, right] = [a as JsonRecord, b as JsonRecord];
  const isNoise = (key: string): boolean => key === 'resourceVersion' || key === 'managedFields';
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const key = keys.find((name) => !isNoise(name) && !deepEqual(left[name], right[name])) ?? keys[0] ?? '';
  return difference(left[key], right[key], `${path}.${key}`);
}

const writers = 5;

/** Writers at the same time: every patch that was accepted is there, and of updates of one version one wins. */
async function checkNothingIsLost(run: Run, target: Target, path: string): Promise<void> {
  const before = await read(run, path);
  if (before === undefined || stringAt(before, 'metadata', 'deletionTimestamp') !== '') return;
  const round = run.chance.int(1_000_000);
  const keys = Array.from({ length: writers }, (_, index) => `fuzz.example.com/r${round}-${index}`);
  const patchOf = (key: string): Request => ({
    method: 'PATCH',
    path,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ metadata: { annotations: { [key]: 'x' } } }),
  });
  const answers = await Promise.all(keys.map((key) => send(run, patchOf(key))));
  const [first = ''] = keys;
  const after = await read(run, path);
  for (const [index, answer] of answers.entries()) {
    const isThere = recordAt(after, 'metadata', 'annotations')[keys[index] ?? ''] === 'x';
    if (answer?.status === 200 && !isThere) report(run, patchOf(first), answer, 'an accepted patch is lost');
  }
  if (after === undefined || target.isView) return;
  const update = (index: number): Request => {
    const annotations = {
      ...recordAt(after, 'metadata', 'annotations'),
      [`fuzz.example.com/u${round}`]: String(index),
    };
    const body = { ...after, metadata: { ...recordAt(after, 'metadata'), annotations } };
    return { method: 'PUT', path, headers: {}, body: JSON.stringify(body) };
  };
  const results = await Promise.all(keys.map((_, index) => send(run, update(index))));
  const accepted = results.filter((answer) => answer?.status === 200);
  const refused = results.filter((answer) => answer?.status === 409);
  if (accepted.length > 1 || (accepted.length === 1 && refused.length !== writers - 1))
    report(run, update(0), accepted[0], `${accepted.length} of ${writers} updates of one version were accepted`);
}

/** A watcher that has seen everything has what a list gives. */
async function checkReplay(run: Run, target: Target, watch: TestWatch): Promise<void> {
  const { api } = run;
  if (run.findings.length > 0) return;
  const last = target.type.endsWith('IPAddress')
    ? '10.0.0.99'
    : writtenByKernel.has(target.kind) || target.kind === 'APIService'
      ? undefined
      : `${sentinel}-${target.apiVersion.replace('/', '-')}`;
  if (last === undefined) return watch.close();
  const created = await api.call('POST', target.collection, templateObject(target, last));
  // A quota among the random objects may leave no room for it.
  if (created.status === 403 && created.text.includes('quota: ')) return watch.close();
  if (created.status !== 201) {
    run.findings.push(`the template of ${target.type} is refused: ${created.text}`);
    return;
  }
  const seen = new Map<string, string>();
  for (;;) {
    const { type, object } = await watch.next();
    const metadata = isRecord(object.metadata) ? object.metadata : {};
    const name = stringAt(metadata, 'name');
    if (type === 'DELETED') seen.delete(name);
    else if (type === 'ADDED' || type === 'MODIFIED') seen.set(name, JSON.stringify(object));
    else assert.equal(type, 'BOOKMARK', JSON.stringify(object));
    if (name === last) break;
  }
  watch.close();
  const { body } = await api.call('GET', target.collection);
  const listed = new Map<string, string>();
  for (const item of Array.isArray(body.items) ? body.items.filter(isRecord) : []) {
    const whole = { apiVersion: target.apiVersion, kind: target.kind, ...item };
    listed.set(stringAt(item, 'metadata', 'name'), JSON.stringify(whole));
  }
  for (const name of new Set([...seen.keys(), ...listed.keys()])) {
    const [watched, present] = [parsed(seen.get(name)), parsed(listed.get(name))];
    if (!deepEqual(watched, present))
      run.findings.push(`a watcher of ${target.collection} has another ${name}: ${difference(watched, present)}`);
  }
}

const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : parseJson(text));
