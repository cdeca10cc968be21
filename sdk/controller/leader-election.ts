import type { Client } from '../client/client.ts';
import { isAlreadyExists, isConflict } from '../client/errors.ts';
import { type Clock, formatMicroTime, type Timer } from '../clock/clock.ts';
import { Informers } from '../informer/informers.ts';
import type { Lease } from '../kinds/lease.ts';
import { leases } from '../kinds/resources.ts';

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly namespace: string;
  /** Name of the Lease all candidates share. */
  readonly name: string;
  /** Unique among the candidates: two with the same identity would both lead. */
  readonly identity: string;
  /**
   * Runs while leading; its signal aborts when leadership is lost, and it must stop acting then. When it ends before
   * that, the candidate gives the lease back and the election ends too: with its error, if it failed.
   */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly log?: (message: string) => void;
  /** How long a silent leader is believed in. Default 15 s. */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for this long steps down; shorter than the lease. Default 10 s. */
  readonly renewDeadlineMs?: number;
  /** Between renewals. Default 2 s. */
  readonly retryPeriodMs?: number;
}

/** What a candidate knows. Times are its own clock's: clocks of different machines are never compared. */
export interface Candidacy {
  readonly lease: Lease | undefined;
  /** When this candidate saw the lease change for the last time. */
  readonly seenMs: number;
}

export type Move =
  | { readonly kind: 'create' }
  | { readonly kind: 'take' }
  | { readonly kind: 'renew' }
  | { readonly kind: 'wait'; readonly delayMs: number };

/** What to do now (client-go tools/leaderelection tryAcquireOrRenew). */
export function nextMove({ lease, seenMs }: Candidacy, identity: string, durationMs: number, nowMs: number): Move {
  if (lease === undefined) return { kind: 'create' };
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === identity) return { kind: 'renew' };
  if (holder === '') return { kind: 'take' };
  const leaseMs = (lease.spec?.leaseDurationSeconds ?? durationMs / 1000) * 1000;
  return nowMs >= seenMs + leaseMs ? { kind: 'take' } : { kind: 'wait', delayMs: seenMs + leaseMs - nowMs };
}

export function heldLease(
  old: Lease | undefined,
  options: { readonly namespace: string; readonly name: string; readonly identity: string },
  durationMs: number,
  nowMs: number,
): Lease {
  const now = formatMicroTime(nowMs);
  const isRenewal = old?.spec?.holderIdentity === options.identity;
  const transitions = old?.spec?.leaseTransitions ?? 0;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: old?.metadata ?? { name: options.name, namespace: options.namespace },
    spec: {
      holderIdentity: options.identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: isRenewal ? (old.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isRenewal || old === undefined ? transitions : transitions + 1,
    },
  };
}

/**
 * Leads whenever no other candidate does, until `signal` aborts or `lead` ends; gives the lease back then, so that the
 * next one starts at once. At most one leads as long as clocks run at about the same speed; work that must never be done twice still
 * needs the resourceVersion of what it writes.
 */
export async function runLeaderElection(options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  const { client, namespace, name, identity, log = () => {} } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  const { clock } = client;
  const resource = client.resource(leases, namespace);
  await using informers = new Informers(client, { log });
  const informer = informers.of(leases, { namespace, fieldSelector: `metadata.name=${name}` });
  const wake = new Wake(clock, signal);
  let candidacy: Candidacy = { lease: undefined, seenMs: clock.now() };
  const see = (lease: Lease | undefined): void => {
    const isNews = lease?.metadata.resourceVersion !== candidacy.lease?.metadata.resourceVersion;
    if (isNews) candidacy = { lease, seenMs: clock.now() };
  };
  const show = (lease: Lease | undefined): void => {
    see(lease);
    // The echo of an own renewal is no news; without this every renewal would cause the next.
    if (lease?.spec?.holderIdentity !== identity) wake.now();
  };
  informer.on({ add: show, update: show, delete: () => show(undefined) });
  await informers.synced(signal).catch(() => {});

  let outcome: { readonly error?: unknown } | undefined;
  const lead = async (stop: AbortSignal): Promise<void> => {
    try {
      await options.lead(stop);
      if (!stop.aborted) outcome ??= {};
    } catch (error) {
      // Told to stop, it may well end by throwing the signal's reason.
      if (stop.aborted) log(`what led ended with: ${error instanceof Error ? error.message : String(error)}`);
      else outcome ??= { error };
    }
    if (outcome !== undefined) wake.now();
  };
  let leading: { readonly stop: AbortController; readonly done: Promise<void>; renewedMs: number } | undefined;
  const stepDown = async (why: string): Promise<void> => {
    if (leading === undefined) return;
    log(`${identity} no longer leads ${namespace}/${name}: ${why}`);
    leading.stop.abort(new Error(`leadership of ${namespace}/${name} was lost: ${why}`));
    const { done } = leading;
    leading = undefined;
    await done;
  };
  while (!signal.aborted && outcome === undefined) {
    const move = nextMove(candidacy, identity, leaseDurationMs, clock.now());
    if (move.kind === 'wait') {
      await stepDown(`${candidacy.lease?.spec?.holderIdentity ?? 'nobody'} holds the lease`);
      await wake.after(move.delayMs);
      continue;
    }
    // A renewal that hangs must not hide that the deadline has passed.
    const abort = new AbortController();
    const late = clock.after(renewDeadlineMs, () => abort.abort(new Error(`no answer within ${renewDeadlineMs} ms`)));
    const attempt = AbortSignal.any([signal, abort.signal]);
    try {
      const wanted = heldLease(candidacy.lease, options, leaseDurationMs, clock.now());
      const held = await (move.kind === 'create'
        ? resource.create(wanted, { signal: attempt })
        : resource.update(wanted, { signal: attempt }));
      see(held);
      if (leading === undefined) {
        const stop = new AbortController();
        log(`${identity} leads ${namespace}/${name}`);
        leading = { stop, done: lead(stop.signal), renewedMs: clock.now() };
      } else leading.renewedMs = clock.now();
    } catch (error) {
      if (signal.aborted) break;
      if (!isConflict(error) && !isAlreadyExists(error)) log(error instanceof Error ? error.message : String(error));
      else see(await resource.get(name, { signal }).catch(() => candidacy.lease));
      if (leading !== undefined && clock.now() - leading.renewedMs >= renewDeadlineMs) {
        await stepDown('it could not be renewed in time');
      }
    } finally {
      late.cancel();
    }
    if (outcome === undefined) await wake.after(retryPeriodMs);
  }
  const wasLeading = leading !== undefined;
  await stepDown('it ends');
  if (wasLeading && candidacy.lease?.spec?.holderIdentity === identity) {
    const { lease } = candidacy;
    await resource
      .update(
        { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 } },
        // Whoever asked us to end waits for this; without an answer the lease runs out by itself.
        { signal: AbortSignal.timeout(renewDeadlineMs) },
      )
      .catch((error: unknown) => log(`the lease was not given back: ${String(error)}`));
  }
  if (outcome !== undefined && 'error' in outcome) throw outcome.error;
}

/** A wait that something may cut short. */
class Wake {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #resolve: (() => void) | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.now(), { once: true });
  }

  now(): void {
    this.#resolve?.();
  }

  async after(delayMs: number): Promise<void> {
    if (this.#signal.aborted) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      timer = this.#clock.after(delayMs, resolve);
    });
    timer?.cancel();
    this.#resolve = undefined;
  }
}
