/** controller: the loop that calls `reconcile`, and the conventions every controller shares. */
export * from './conditions.ts';
export * from './controller.ts';
export { EventRecorder, type EventRecorderOptions, type Recorded } from './event-recorder.ts';
export { Expectations } from './expectations.ts';
export * from './finalizers.ts';
export { type LeaderElectionOptions, runLeaderElection } from './leader-election.ts';
export * from './ownership.ts';
