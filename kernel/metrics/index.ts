/**
 * What the kernel tells monitoring about itself. Requests are counted as they are answered, everything else is looked up
 * when somebody asks, so that nobody pays for what nobody reads. It must never slow down what it counts.
 */
export { expose, expositionType, type Family, type MetricsSource, single } from './exposition.ts';
export { healthFamilies } from './health-metrics.ts';
export { kernelMetrics } from './kernel-metrics.ts';
export { eventLoopLag, processFamilies } from './process-metrics.ts';
export { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';
export { storeFamilies } from './store-metrics.ts';
