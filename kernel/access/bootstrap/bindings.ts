/** Who has the roles a cell is born with (kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
import { controllerRules } from './controller-roles.ts';

export type Subject =
  | { readonly kind: 'Group' | 'User'; readonly name: string }
  | { readonly kind: 'ServiceAccount'; readonly name: string };

const group = (name: string): Subject => ({ kind: 'Group', name });
const user = (name: string): Subject => ({ kind: 'User', name });
/** Of kube-system. */
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name });

const controllerManager = user('system:kube-controller-manager');
const scheduler = user('system:kube-scheduler');

/** Role to subjects; the binding has the name of the role. */
export const clusterRoleBindings: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:monitoring': [group('system:monitoring')],
  'system:discovery': [group('system:authenticated')],
  'system:basic-user': [group('system:authenticated')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:kube-controller-manager': [controllerManager],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [scheduler],
  'system:volume-scheduler': [scheduler],
  // Nobody: nodes are bound one by one.
  'system:node': [],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  ...Object.fromEntries(Object.keys(controllerRules).map((name) => [`system:controller:${name}`, [account(name)]])),
};

export interface RoleBindingRow {
  readonly namespace: string;
  readonly role: string;
  /** Absent: the name of the role. */
  readonly name?: string;
  readonly subjects: readonly Subject[];
}

const system = (role: string, ...subjects: readonly Subject[]): RoleBindingRow => ({
  namespace: 'kube-system',
  role,
  subjects,
});

export const roleBindings: readonly RoleBindingRow[] = [
  {
    ...system('extension-apiserver-authentication-reader', controllerManager, scheduler),
    name: 'system::extension-apiserver-authentication-reader',
  },
  system(
    'system::leader-locking-kube-controller-manager',
    controllerManager,
    account('kube-controller-manager'),
    account('leader-election-controller'),
  ),
  system('system::leader-locking-kube-scheduler', scheduler, account('kube-scheduler')),
  ...['bootstrap-signer', 'cloud-provider', 'token-cleaner'].map((name) =>
    system(`system:controller:${name}`, account(name)),
  ),
  { ...system('system:controller:bootstrap-signer', account('bootstrap-signer')), namespace: 'kube-public' },
];
