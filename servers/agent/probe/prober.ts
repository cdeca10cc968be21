/** Runs the probes of one running container. Made when an instance starts to run, stopped when it does not any more. */
import type { Clock, Container, Probe, Timer } from '@diatom/sdk';
import { type Attempt, attempt as attemptForReal } from './attempt.ts';
import { count, noTally, type Tally } from './thresholds.ts';

export interface ProbeListener {
  startupDone(): void;
  readiness(isReady: boolean): void;
  unhealthy(probe: 'Liveness' | 'Startup'): void;
  /** Every single failure, for an Event. */
  failed(probe: ProbeKind, why: string): void;
}

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

export interface ProberOptions {
  readonly container: Container;
  readonly podIP: string;
  /** Probes end with their first success: a probe is a connection, and connections keep a lazy instance awake. */
  readonly endsWithSuccess: boolean;
  readonly clock: Clock;
  readonly listener: ProbeListener;
  readonly attempt?: (probe: Probe, container: Container, podIP: string) => Promise<Attempt>;
}

export interface Prober {
  stop(): void;
}

export function startProbes(options: ProberOptions): Prober {
  const { container, listener, clock } = options;
  const attempt = options.attempt ?? attemptForReal;
  const timers = new Set<Timer>();
  let isStopped = false;

  const run = (kind: ProbeKind, probe: Probe, onVerdict: (verdict: 'success' | 'failure') => boolean): void => {
    const periodMs = Math.max(1, probe.periodSeconds ?? 10) * 1000;
    const thresholds = {
      // Only readiness may ask for more than one success (core/v1 Probe.successThreshold).
      successThreshold: kind === 'Readiness' ? (probe.successThreshold ?? 1) : 1,
      failureThreshold: probe.failureThreshold ?? 3,
    };
    let tally: Tally = noTally;
    const again = (delayMs: number): void => {
      const timer = clock.after(delayMs, () => {
        timers.delete(timer);
        void once();
      });
      timers.add(timer);
    };
    const once = async (): Promise<void> => {
      const outcome = await attempt(probe, container, options.podIP);
      if (isStopped) return;
      if (outcome.result === 'failure') listener.failed(kind, outcome.why);
      const counted = count(tally, outcome.result, thresholds);
      tally = counted.tally;
      const isOver = counted.verdict !== 'undecided' && onVerdict(counted.verdict);
      if (!isOver && !isStopped) again(periodMs);
    };
    again((probe.initialDelaySeconds ?? 0) * 1000);
  };

  const afterStartup = (): void => {
    const { readinessProbe, livenessProbe } = container;
    if (readinessProbe !== undefined) {
      run('Readiness', readinessProbe, (verdict) => {
        listener.readiness(verdict === 'success');
        return verdict === 'success' && options.endsWithSuccess;
      });
    }
    if (livenessProbe !== undefined) {
      run('Liveness', livenessProbe, (verdict) => {
        if (verdict === 'failure') listener.unhealthy('Liveness');
        return verdict === 'failure' || options.endsWithSuccess;
      });
    }
  };

  const { startupProbe } = container;
  if (startupProbe === undefined) afterStartup();
  else {
    run('Startup', startupProbe, (verdict) => {
      if (verdict === 'success') {
        listener.startupDone();
        afterStartup();
      } else listener.unhealthy('Startup');
      return true;
    });
  }
  return {
    stop() {
      isStopped = true;
      for (const timer of timers) timer.cancel();
      timers.clear();
    },
  };
}
