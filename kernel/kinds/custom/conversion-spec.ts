/** `spec.conversion` of a definition (apiextensions v1 CustomResourceConversion). */
import { X509Certificate } from 'node:crypto';
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, notSupported, required } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, stringAt } from '../json.ts';
import {
  clientProblems,
  readClient,
  reviewVersion,
  reviewVersionProblems,
  type WebhookClient,
} from '../webhook-client.ts';

export interface ConversionWebhook {
  readonly definition: string;
  readonly client: WebhookClient;
  readonly reviewVersion: string;
}

export function conversionOf(definition: JsonRecord): ConversionWebhook | undefined {
  const conversion = recordAt(definition, 'spec', 'conversion');
  if (conversion.strategy !== 'Webhook') return undefined;
  return {
    definition: stringAt(definition, 'metadata', 'name'),
    client: readClient(recordAt(conversion, 'webhook', 'clientConfig')),
    reviewVersion: reviewVersion(arrayAt(conversion, 'webhook', 'conversionReviewVersions')),
  };
}

/** The paths are those of upstream's internal type, which is what its messages show. */
export function conversionProblems(conversion: JsonRecord): FieldError[] {
  const strategy = stringAt(conversion, 'strategy');
  const { webhook } = conversion;
  const config = isRecord(webhook) ? webhook.clientConfig : undefined;
  const versions = arrayAt(webhook, 'conversionReviewVersions').map(String);
  if (strategy === '') return [required('spec.conversion.strategy')];
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    return [
      ...(strategy === 'None' ? [] : [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])]),
      ...(config === undefined ? [] : [forbiddenField('spec.conversion.webhookClientConfig', detail)]),
      ...(versions.length === 0 ? [] : [forbiddenField('spec.conversion.conversionReviewVersions', detail)]),
    ];
  }
  const at = 'spec.conversion.webhookClientConfig';
  return [
    ...(isRecord(config) ? clientProblems(config, at) : [required(at, 'required when strategy is set to Webhook')]),
    ...reviewVersionProblems(versions, 'spec.conversion.conversionReviewVersions', ''),
  ];
}

/** The authorities of a conversion webhook, in base64; empty: none are named. */
export function clientBundle(spec: JsonRecord): string {
  return stringAt(spec, 'conversion', 'webhook', 'clientConfig', 'caBundle');
}

/** Why nobody can be trusted by it: client-go transport.go, rootCertPool. One good certificate is enough. */
export function bundleProblem(bundle: string): string | undefined {
  if (bundle === '') return undefined;
  const text = Buffer.from(bundle, 'base64').toString('latin1');
  const blocks = [...text.matchAll(/-----BEGIN ([^-]+)-----[\s\S]*?-----END \1-----/g)];
  const certificates = blocks.filter(([, type]) => type === 'CERTIFICATE').map(([block]) => parseCertificate(block));
  if (certificates.some((problem) => problem === undefined)) return undefined;
  const why =
    blocks.length === 0
      ? 'unable to parse bytes as PEM block'
      : certificates.length === 0
        ? 'no valid certificate authority data seen'
        : `failed to parse certificate: ${certificates[0]}`;
  return `unable to load root certificates: ${why}`;
}

function parseCertificate(block: string): string | undefined {
  try {
    new X509Certificate(block);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
