/** The file kubectl is pointed at: where the cell is and the administrator's certificate, all inside. */
import type { Credentials } from './certificate.ts';

export function kubeconfig(url: string, authorityCertificate: string, admin: Credentials): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: diatom
  cluster:
    server: ${url}
    certificate-authority-data: ${base64(authorityCertificate)}
users:
- name: admin
  user:
    client-certificate-data: ${base64(admin.certificate)}
    client-key-data: ${base64(admin.key)}
contexts:
- name: diatom
  context:
    cluster: diatom
    user: admin
current-context: diatom
preferences: {}
`;
}
