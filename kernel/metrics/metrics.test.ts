import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiRequest, ApiResponse, ApiStream } from '@diatom/sdk/api';
import { expose } from './exposition.ts';
import { requestLabels } from './request-labels.ts';
import { createRequestMetrics } from './request-metrics.ts';

const request = (method: string, path: string, headers = {}): ApiRequest => ({
  method,
  path,
  headers,
  body: new Uint8Array(0),
});
const ok: ApiResponse = { status: 200, headers: {}, body: '' };

describe('what a request is counted as', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['GET', '/api/v1/pods', 'LIST /v1/pods/ cluster'],
    ['GET', '/api/v1/namespaces', 'LIST /v1/namespaces/ cluster'],
    ['GET', '/api/v1/namespaces/a', 'GET /v1/namespaces/ resource'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'PUT /v1/namespaces/finalize resource'],
    ['GET', '/api/v1/namespaces/a/pods?limit=5', 'LIST /v1/pods/ namespace'],
    ['GET', '/api/v1/namespaces/a/pods?watch=true', 'WATCH /v1/pods/ namespace'],
    ['GET', '/api/v1/watch/namespaces/a/pods', 'WATCH /v1/pods/ namespace'],
    ['GET', '/api/v1/namespaces/a/pods/p/log', 'GET /v1/pods/log resource'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments', 'POST apps/v1/deployments/ resource'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments?dryRun=All', 'POST apps/v1/deployments/ resource All'],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'DELETECOLLECTION apps/v1/deployments/ namespace'],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments/d', 'DELETE apps/v1/deployments/ resource'],
    ['GET', '/apis/apps/v1', 'GET apps/v1// '],
    ['GET', '/apis', 'GET /// '],
    ['GET', '/readyz?verbose', 'GET ///%2Freadyz '],
  ];
  for (const [method, path, expected] of rows) {
    it(`${method} ${path}`, () => {
      const { verb, group, version, resource, subresource, scope, dry_run } = requestLabels(request(method, path));
      const sub = subresource.replace('/', '%2F');
      assert.equal(`${verb} ${group}/${version}/${resource}/${sub} ${scope}${dry_run && ` ${dry_run}`}`, expected);
    });
  }

  it('an apply patch is an APPLY', () => {
    const path = '/api/v1/namespaces/a/configmaps/c';
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    assert.equal(requestLabels(request('PATCH', path, apply)).verb, 'APPLY');
    assert.equal(
      requestLabels(request('PATCH', path, { 'content-type': 'application/merge-patch+json' })).verb,
      'PATCH',
    );
  });
});

describe('counts of requests', () => {
  it('are kept by verb, resource and status, with a histogram of their durations', () => {
    const metrics = createRequestMetrics(() => 0);
    const list = request('GET', '/api/v1/pods');
    metrics.answered(list, ok, 0, 3);
    metrics.answered(list, ok, 0, 70);
    metrics.answered(list, { ...ok, status: 429 }, 0, 1);
    const text = expose(metrics.families());
    const labels =
      'component="apiserver",verb="LIST",dry_run="",group="",version="v1",resource="pods",subresource="",scope="cluster"';
    assert.ok(text.includes(`apiserver_request_total{code="200",${labels}} 2\n`), text);
    assert.ok(text.includes(`apiserver_request_total{code="429",${labels}} 1\n`), text);
    assert.ok(text.includes(`apiserver_request_duration_seconds_bucket{${labels},le="0.005"} 2\n`), text);
    assert.ok(text.includes(`apiserver_request_duration_seconds_bucket{${labels},le="0.1"} 3\n`), text);
    assert.ok(text.includes(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} 3\n`), text);
    assert.ok(text.includes(`apiserver_request_duration_seconds_count{${labels}} 3\n`), text);
  });

  it('do not grow with made-up paths', () => {
    const metrics = createRequestMetrics(() => 0);
    for (let index = 0; index < 100; index++) {
      metrics.answered(request('GET', `/apis/x/v1/nonsense${index}`), { ...ok, status: 404 }, 0, 1);
    }
    const total = metrics.families().find(({ name }) => name === 'apiserver_request_total');
    assert.deepEqual(
      total?.samples.map(({ value }) => value),
      [0, 100],
    );
  });

  it('show watches while they are open, and count them when they end', () => {
    let cancelled = 0;
    const body: ApiStream = { chunks: (async function* () {})(), cancel: () => cancelled++ };
    const metrics = createRequestMetrics(() => 5000);
    const watch = request('GET', '/api/v1/pods?watch=1');
    const response = metrics.answered(watch, { ...ok, body }, 0, 1);
    const open = () =>
      metrics.families().find(({ name }) => name === 'apiserver_longrunning_requests')?.samples[0]?.value;
    assert.equal(open(), 1);
    for (const _ of [1, 2]) (response.body as ApiStream).cancel();
    assert.equal(open(), 0);
    assert.equal(cancelled, 2);
    assert.ok(expose(metrics.families()).includes('_sum{component="apiserver",verb="WATCH"'));
  });
});

describe('the text form', () => {
  it('escapes what labels may contain', () => {
    const samples = [{ labels: { path: 'a"b\\c\nd' }, value: Number.POSITIVE_INFINITY }];
    const text = expose([{ name: 'x', help: 'An x.', type: 'gauge', samples }]);
    assert.equal(text, '# HELP x An x.\n# TYPE x gauge\nx{path="a\\"b\\\\c\\nd"} +Inf\n');
  });
});
