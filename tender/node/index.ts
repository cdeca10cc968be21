export { createNodeTender } from './tender.ts';
