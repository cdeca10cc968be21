/** controller: the loop that calls `reconcile`, and the conventions every controller shares. */
export * from './conditions.ts';
export * from './controller.ts';
export * from './finalizers.ts';
export * from './ownership.ts';
