export { createNodeTender, type NodeTenderOptions } from './tender.ts';
