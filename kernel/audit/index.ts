/**
 * Who did what, when, and how it was answered, as lines of JSON in a file. What is written down is decided by a policy and by
 * pure functions; only audit-log.ts touches a file. It must never write a token or the data of a Secret.
 */
export { loadPolicy, openAuditLog } from './audit-log.ts';
export { type Audit, type AuditedExchange, createAudit } from './auditing.ts';
