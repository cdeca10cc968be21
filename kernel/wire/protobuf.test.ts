import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { decodeEnvelope, decodeMessage } from './protobuf.ts';
import { encodeEnvelope } from './protobuf-encode.ts';

/** Bodies as kubectl 1.35.2 sent them. */
const captured: readonly {
  readonly command: string;
  readonly type: string;
  readonly body: string;
  readonly object: JsonRecord;
}[] = [
  {
    command: 'create deployment web --image=nginx:1 --replicas=0 --port=80',
    type: 'apps.v1.Deployment',
    body: 'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EroBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEogBCAASDAoKCgNhcHASA3dlYhpuChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEk4SMAoFbmdpbngSB25naW54OjEqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==',
    object: {
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'nginx', image: 'nginx:1', ports: [{ containerPort: 80 }], resources: {} }] },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    command: 'create secret generic s --from-literal=a=b',
    type: 'core.v1.Secret',
    body: 'azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESAWIaABoAIgA=',
    object: { metadata: { name: 's' }, data: { a: 'Yg==' } },
  },
  {
    command: 'create ingress i --rule=a.b/x=svc:80',
    type: 'networking.v1.Ingress',
    body: 'azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJAChEKAWkSABoAIgAqADIAOABCABInGiUKA2EuYhIeChwKGgoCL3gSDSILCgNzdmMSBAoAEFAaBUV4YWN0GgIKABoAIgA=',
    object: {
      metadata: { name: 'i' },
      spec: {
        rules: [
          {
            host: 'a.b',
            http: {
              paths: [{ path: '/x', pathType: 'Exact', backend: { service: { name: 'svc', port: { number: 80 } } } }],
            },
          },
        ],
      },
      status: { loadBalancer: {} },
    },
  },
  {
    command: 'create quota q --hard=cpu=1,pods=3',
    type: 'core.v1.ResourceQuota',
    body: 'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRIwChEKAXESABoAIgAqADIAOABCABIZCgoKA2NwdRIDCgExCgsKBHBvZHMSAwoBMxoAGgAiAA==',
    object: { metadata: { name: 'q' }, spec: { hard: { cpu: '1', pods: '3' } }, status: {} },
  },
  {
    command: 'create pdb p --selector=a=b --min-available=50%',
    type: 'policy.v1.PodDisruptionBudget',
    body: 'azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSNgoRCgFwEgAaACIAKgAyADgAQgASFQoJCAEQABoDNTAlEggKBgoBYRIBYhoKCAAYACAAKAAwABoAIgA=',
    object: {
      metadata: { name: 'p' },
      spec: { minAvailable: '50%', selector: { matchLabels: { a: 'b' } } },
      status: {},
    },
  },
  {
    command: 'create token bob --duration=1h',
    type: 'authentication.v1.TokenRequest',
    body: 'azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBIdChAKABIAGgAiACoAMgA4AEIAEgMgkBwaBAoAEgAaACIA',
    object: { metadata: {}, spec: { expirationSeconds: 3600 }, status: {} },
  },
  {
    command: 'create service nodeport np --tcp=80:8080',
    type: 'core.v1.Service',
    body: 'azhzAAoNCgJ2MRIHU2VydmljZRJlCh0KAm5wEgAaACIAKgAyADgAQgBaCQoDYXBwEgJucBJAChsKBzgwLTgwODASA1RDUBhQIgcIABCQPxoAKAASCQoDYXBwEgJucBoAIghOb2RlUG9ydDoAQgBSAFoAYABoABoCCgAaACIA',
    object: {
      metadata: { name: 'np', labels: { app: 'np' } },
      spec: {
        ports: [{ name: '80-8080', protocol: 'TCP', port: 80, targetPort: 8080 }],
        selector: { app: 'np' },
        type: 'NodePort',
      },
      status: { loadBalancer: {} },
    },
  },
];

for (const { command, type, body, object } of captured) {
  test(`the protobuf of kubectl ${command}`, () => {
    const envelope = decodeEnvelope(Buffer.from(body, 'base64'));
    assert.equal(envelope.kind, type.split('.').at(-1));
    assert.deepEqual(decodeMessage(schemaOf(type), envelope.raw), object);
  });
}

test('bytes that are no Kubernetes protobuf, or cut short, are a 400', () => {
  assert.throws(() => decodeEnvelope(Buffer.from('{}')), /does not appear to be a protobuf message/);
  const whole = Buffer.from(captured[0]?.body ?? '', 'base64');
  for (let length = 5; length < whole.length; length += 7) {
    assert.throws(() => {
      const { raw } = decodeEnvelope(whole.subarray(0, length));
      decodeMessage(schemaOf('apps.v1.Deployment'), raw.subarray(0, Math.max(1, raw.length - 1)));
      throw new Error('unexpected EOF');
    }, /unexpected EOF|wireType|overflow/);
  }
});

for (const { command, type, body, object } of captured) {
  test(`encoded again, the object of kubectl ${command} reads the same`, () => {
    const { apiVersion, kind } = decodeEnvelope(Buffer.from(body, 'base64'));
    const again = decodeEnvelope(encodeEnvelope(schemaOf(type), { apiVersion, kind, ...object }));
    assert.deepEqual({ apiVersion: again.apiVersion, kind: again.kind }, { apiVersion, kind });
    assert.deepEqual(decodeMessage(schemaOf(type), again.raw), object);
  });
}
