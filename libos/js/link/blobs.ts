/** Gives bodies their `blob()`. */

import { blobOf } from '../file/blob.ts';
import { link } from '../parts.ts';

link('blobs', { blobOf: (bytes, type) => blobOf(bytes, type.toLowerCase()) });
