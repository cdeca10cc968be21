/** Counts of requests, kept while they are answered: a look into a table and a few additions for each. */
import type { ApiRequest, ApiResponse } from '@diatom/sdk/api';
import { endingWith } from '../wire/ending-stream.ts';
import type { Family, Sample } from './exposition.ts';
import { type RequestLabels, requestLabels } from './request-labels.ts';

/** Upper bounds in seconds, as upstream's (apiserver pkg/endpoints/metrics/metrics.go, requestLatencies). */
const bounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;
/** Definitions come and go; what is beyond is counted together. */
const maximumSeries = 5000;

const component = 'apiserver';

interface Series {
  readonly labels: RequestLabels;
  readonly byCode: Map<number, number>;
  /** Not cumulative; the last one is beyond every bound. */
  readonly buckets: Float64Array;
  sumSeconds: number;
  /** Streams that are open. */
  open: number;
}

export interface RequestMetrics {
  /** Counts the answer of a request that began at `begunMs`; what is to be sent instead of the given answer. */
  answered(request: ApiRequest, response: ApiResponse, begunMs: number, nowMs: number): ApiResponse;
  families(): readonly Family[];
}

export function createRequestMetrics(now: () => number): RequestMetrics {
  const all = new Map<string, Series>();
  // There from the beginning, so that rates have something to begin with.
  const others = newSeries({
    verb: 'OTHER',
    dry_run: '',
    group: '',
    version: '',
    resource: '',
    subresource: '',
    scope: '',
  });
  others.byCode.set(200, 0);
  const seriesOf = (labels: RequestLabels, status: number): Series => {
    const { verb, dry_run, group, version, resource, subresource, scope } = labels;
    const key = `${verb} ${group}/${version}/${resource}/${subresource} ${scope} ${dry_run}`;
    const known = all.get(key);
    if (known !== undefined) return known;
    // A path that was refused may be anything: whoever makes paths up must not make series up.
    if (status >= 400 || all.size >= maximumSeries) return others;
    const series = newSeries(labels);
    all.set(key, series);
    return series;
  };
  return {
    answered: (request, response, begunMs, nowMs) => {
      const { status, body } = response;
      const series = seriesOf(requestLabels(request), status);
      if (typeof body === 'string' || body instanceof Uint8Array) {
        observe(series, status, (nowMs - begunMs) / 1000);
        return response;
      }
      series.open++;
      const ended = (): void => {
        series.open--;
        observe(series, status, (now() - begunMs) / 1000);
      };
      return { ...response, body: endingWith(body, ended) };
    },
    families: () => familiesOf([...all.values(), others]),
  };
}

function newSeries(labels: RequestLabels): Series {
  return { labels, byCode: new Map(), buckets: new Float64Array(bounds.length + 1), sumSeconds: 0, open: 0 };
}

function observe(series: Series, status: number, seconds: number): void {
  series.byCode.set(status, (series.byCode.get(status) ?? 0) + 1);
  series.sumSeconds += seconds;
  let index = 0;
  while (index < bounds.length && seconds > (bounds[index] ?? 0)) index++;
  series.buckets[index] = (series.buckets[index] ?? 0) + 1;
}

function familiesOf(all: readonly Series[]): readonly Family[] {
  const used = all.filter(({ byCode }) => byCode.size > 0);
  return [
    {
      name: 'apiserver_request_total',
      help: 'Requests answered, by verb, dry run, group, version, resource, scope, component and HTTP status.',
      type: 'counter',
      samples: used.flatMap(({ labels, byCode }) =>
        [...byCode].map(([code, value]) => ({ labels: { code: String(code), component, ...labels }, value })),
      ),
    },
    {
      name: 'apiserver_request_duration_seconds',
      help: 'Seconds from the arrival of a request to its answer, or to the end of a watch.',
      type: 'histogram',
      samples: used.flatMap(histogram),
    },
    {
      name: 'apiserver_longrunning_requests',
      help: 'Watches and followed logs that are open.',
      type: 'gauge',
      samples: all
        .filter(({ labels, open }) => open > 0 || labels.verb === 'WATCH')
        .map(({ labels: { dry_run: _, ...labels }, open }) => ({ labels: { component, ...labels }, value: open })),
    },
  ];
}

function histogram({ labels, buckets, sumSeconds }: Series): readonly Sample[] {
  const base = { component, ...labels };
  let count = 0;
  const samples = [...buckets].map((value, index) => {
    count += value;
    return { suffix: '_bucket', labels: { ...base, le: String(bounds[index] ?? '+Inf') }, value: count };
  });
  return [
    ...samples,
    { suffix: '_sum', labels: base, value: sumSeconds },
    { suffix: '_count', labels: base, value: count },
  ];
}
