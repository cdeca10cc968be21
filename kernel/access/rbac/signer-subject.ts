/**
 * A certificate that makes its owner a member of system:masters is not to be had from the signer of API clients
 * (kubernetes plugin/pkg/admission/certificates/subjectrestriction).
 */
import { stringAt } from '../../kinds/json.ts';
import { forbidden } from '../../wire/status.ts';
import type { Admission } from '../access.ts';
import { requestedOrganizations } from '../pki/request-subject.ts';
import { mastersGroup } from './authorizer.ts';

const signer = 'kubernetes.io/kube-apiserver-client';

export const checkRequestedSubject: Admission = ({ verb, group, resource, subresource, name, object }) => {
  if (group !== 'certificates.k8s.io' || resource !== 'certificatesigningrequests') return undefined;
  if (verb !== 'create' || subresource !== '' || stringAt(object, 'spec', 'signerName') !== signer) return undefined;
  const pem = Buffer.from(stringAt(object, 'spec', 'request'), 'base64').toString('latin1');
  const organizations = requestedOrganizations(pem);
  const why =
    organizations === undefined
      ? 'failed to parse CSR: it is no certificate request'
      : organizations.includes(mastersGroup)
        ? `use of ${signer} signer with ${mastersGroup} group is not allowed`
        : undefined;
  return why === undefined ? undefined : forbidden({ group, resource }, name, why).status;
};
