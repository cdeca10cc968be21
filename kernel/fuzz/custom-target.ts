/** A custom resource with something of everything a structural schema can say. */
import type { JsonRecord } from '../kinds/json.ts';
import type { Target } from './requests.ts';

const spec: JsonRecord = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 0, maximum: 100 },
    color: { type: 'string', enum: ['red', 'green'], default: 'red' },
    pattern: { type: 'string', pattern: '^[a-z]*$', maxLength: 10 },
    port: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, weight: { type: 'integer', default: 1 } },
      },
    },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', additionalProperties: { type: 'string', nullable: true } },
    when: { type: 'string', format: 'date-time', nullable: true },
    template: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
  },
};

export const widgetDefinition: JsonRecord = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'widgets', kind: 'Widget' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
        },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec,
              status: { type: 'object', properties: { size: { type: 'integer' }, phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};

export const widgets: Target = {
  type: 'example.com/v1.Widget',
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  collection: '/apis/example.com/v1/namespaces/default/widgets',
  template: {
    spec: {
      size: 1,
      color: 'green',
      port: 'http',
      tags: ['a', 'b'],
      parts: [{ name: 'p', weight: 2 }],
      free: { anything: [1, 'two'] },
      labels: { a: 'b' },
      when: '2026-01-01T00:00:00Z',
      template: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
    },
    status: { size: 0, phase: 'New' },
  },
  schema: undefined,
  subresources: ['status', 'scale'],
  isView: false,
};
