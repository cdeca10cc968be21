/** Which rules each built-in kind has, by type name. A kind without rules of its own is checked by its fields alone. */
import {
  mutatingPolicyBindingRules,
  mutatingPolicyRules,
  policyBindingRules,
  policyRules,
} from '../admission/policy-rules.ts';
import { mutatingWebhookRules, validatingWebhookRules } from '../admission/webhook-rules.ts';
import { customResourceDefinitionRules } from '../custom/definition-rules.ts';
import type { KindRules } from '../kind.ts';
import { clusterRoleBindingRules, clusterRoleRules, roleBindingRules, roleRules } from './access.ts';
import { addressRules, serviceBlockRules } from './addresses.ts';
import { apiServiceRules } from './api-service.ts';
import { cronJobRules, jobRules } from './batch.ts';
import { certificateSigningRequestRules } from './certificates.ts';
import * as cluster from './cluster.ts';
import { configMapRules, secretRules } from './config.ts';
import * as devices from './devices.ts';
import { endpointSliceRules, endpointsRules } from './endpoints.ts';
import { flowSchemaRules, priorityLevelRules } from './flow-control.ts';
import { ingressRules } from './ingress.ts';
import { networkPolicyRules } from './network-policy.ts';
import { podRules } from './pod.ts';
import { autoscalerRules, podDisruptionBudgetRules } from './scaling.ts';
import { serviceRules } from './service.ts';
import * as storage from './storage.ts';
import * as workloads from './workloads.ts';

export const rulesByKind: Readonly<Record<string, KindRules>> = {
  'core.v1.Namespace': cluster.namespaceRules,
  'core.v1.Node': cluster.nodeRules,
  'core.v1.Pod': podRules,
  'core.v1.Service': serviceRules,
  'core.v1.Endpoints': endpointsRules,
  'core.v1.ConfigMap': configMapRules,
  'core.v1.Secret': secretRules,
  'core.v1.Event': cluster.eventRules,
  'core.v1.PersistentVolume': storage.persistentVolumeRules,
  'core.v1.PersistentVolumeClaim': storage.persistentVolumeClaimRules,
  'core.v1.LimitRange': cluster.limitRangeRules,
  'core.v1.ResourceQuota': cluster.resourceQuotaRules,
  'core.v1.PodTemplate': workloads.podTemplateRules,
  'core.v1.ReplicationController': workloads.replicationControllerRules,
  'apps.v1.Deployment': workloads.deploymentRules,
  'apps.v1.ReplicaSet': workloads.replicaSetRules,
  'apps.v1.StatefulSet': workloads.statefulSetRules,
  'apps.v1.DaemonSet': workloads.daemonSetRules,
  'apps.v1.ControllerRevision': cluster.controllerRevisionRules,
  'batch.v1.Job': jobRules,
  'batch.v1.CronJob': cronJobRules,
  'autoscaling.v2.HorizontalPodAutoscaler': autoscalerRules,
  'certificates.v1.CertificateSigningRequest': certificateSigningRequestRules,
  'coordination.v1.Lease': cluster.leaseRules,
  'discovery.v1.EndpointSlice': endpointSliceRules,
  'flowcontrol.v1.FlowSchema': flowSchemaRules,
  'flowcontrol.v1.PriorityLevelConfiguration': priorityLevelRules,
  'networking.v1.IPAddress': addressRules,
  'networking.v1.ServiceCIDR': serviceBlockRules,
  'networking.v1.Ingress': ingressRules,
  'networking.v1.IngressClass': cluster.ingressClassRules,
  'networking.v1.NetworkPolicy': networkPolicyRules,
  'node.v1.RuntimeClass': cluster.runtimeClassRules,
  'policy.v1.PodDisruptionBudget': podDisruptionBudgetRules,
  'rbac.v1.Role': roleRules,
  'rbac.v1.RoleBinding': roleBindingRules,
  'rbac.v1.ClusterRole': clusterRoleRules,
  'rbac.v1.ClusterRoleBinding': clusterRoleBindingRules,
  'resource.v1.DeviceClass': devices.deviceClassRules,
  'resource.v1.ResourceClaim': devices.resourceClaimRules,
  'resource.v1.ResourceClaimTemplate': devices.resourceClaimTemplateRules,
  'resource.v1.ResourceSlice': devices.resourceSliceRules,
  'scheduling.v1.PriorityClass': cluster.priorityClassRules,
  'storage.v1.StorageClass': storage.storageClassRules,
  'storage.v1.VolumeAttachment': storage.volumeAttachmentRules,
  'storage.v1.VolumeAttributesClass': storage.volumeAttributesClassRules,
  'storage.v1.CSIDriver': storage.storageDriverRules,
  'storage.v1.CSINode': storage.storageNodeRules,
  'storage.v1.CSIStorageCapacity': storage.storageCapacityRules,
  'admissionregistration.v1.MutatingWebhookConfiguration': mutatingWebhookRules,
  'admissionregistration.v1.MutatingAdmissionPolicy': mutatingPolicyRules,
  'admissionregistration.v1.MutatingAdmissionPolicyBinding': mutatingPolicyBindingRules,
  'admissionregistration.v1.ValidatingAdmissionPolicy': policyRules,
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': policyBindingRules,
  'admissionregistration.v1.ValidatingWebhookConfiguration': validatingWebhookRules,
  'apiregistration.v1.APIService': apiServiceRules,
  'apiextensions.v1.CustomResourceDefinition': customResourceDefinitionRules,
};
