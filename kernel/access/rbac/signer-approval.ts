/**
 * Who decides a CertificateSigningRequest, or issues its certificate, needs that right over its signer beside the one over
 * the object (kubernetes plugin/pkg/admission/certificates/{approval,signing}).
 */
import { stringAt } from '../../kinds/json.ts';
import { forbidden } from '../../wire/status.ts';
import type { Admission, Authorizer } from '../access.ts';

const group = 'certificates.k8s.io';

/** By subresource. */
const verbs: Readonly<Record<string, string>> = { approval: 'approve', status: 'sign' };

export function createApprovalCheck(authorizer: Authorizer): Admission {
  return ({ identity, group: given, resource, subresource, name, previous }) => {
    const verb = verbs[subresource];
    if (given !== group || resource !== 'certificatesigningrequests' || verb === undefined) return undefined;
    const signer = stringAt(previous, 'spec', 'signerName');
    const [domain = ''] = signer.split('/', 1);
    const mayFor = (signerName: string): boolean =>
      authorizer.authorize(identity, { kind: 'resource', verb, group, resource: 'signers', name: signerName }).allowed;
    if (mayFor(signer) || mayFor(`${domain}/*`)) return undefined;
    const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`;
    return forbidden({ group, resource }, name, why).status;
  };
}
