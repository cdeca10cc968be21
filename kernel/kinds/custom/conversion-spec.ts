/** `spec.conversion` of a definition (apiextensions v1 CustomResourceConversion). */
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
