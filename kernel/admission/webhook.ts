/** A webhook as its configuration says, read once when the configuration changes. */
import { arrayAt, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { readClient, reviewVersion, type WebhookClient } from '../kinds/webhook-client.ts';
import { type Matching, readMatching } from './matching.ts';

export interface Condition {
  readonly name: string;
  readonly expression: string;
}

export interface Webhook {
  readonly configuration: string;
  readonly name: string;
  readonly client: WebhookClient;
  readonly matching: Matching;
  readonly conditions: readonly Condition[];
  readonly failsOpen: boolean;
  readonly timeoutMs: number;
  readonly reviewVersion: string;
  readonly reinvokes: boolean;
}

export function readWebhooks(configuration: JsonRecord): readonly Webhook[] {
  const owner = stringAt(configuration, 'metadata', 'name');
  return recordsAt(configuration, 'webhooks').map((webhook) => ({
    configuration: owner,
    name: stringAt(webhook, 'name'),
    client: readClient(recordAt(webhook, 'clientConfig')),
    matching: readMatching(webhook, recordsAt(webhook, 'rules'), []),
    conditions: readConditions(webhook),
    failsOpen: webhook.failurePolicy === 'Ignore',
    timeoutMs: (numberAt(webhook, 'timeoutSeconds') ?? 10) * 1000,
    reviewVersion: reviewVersion(arrayAt(webhook, 'admissionReviewVersions')),
    reinvokes: webhook.reinvocationPolicy === 'IfNeeded',
  }));
}

export function readConditions(owner: JsonRecord): readonly Condition[] {
  return recordsAt(owner, 'matchConditions').map((condition) => ({
    name: stringAt(condition, 'name'),
    expression: stringAt(condition, 'expression'),
  }));
}
