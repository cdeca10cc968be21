/** Gives `crypto` its `subtle`, which brings the hashes along; other algorithms are linked by their names. */

import { subtle } from '../crypto/subtle.ts';
import { link } from '../parts.ts';

link('subtle', { subtle });
