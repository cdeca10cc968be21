/** Gives `URLPattern` the global it stands on. */

import { provideGlobal } from '../globals/provide.ts';
import { URL } from '../url/url.ts';

provideGlobal('URL', URL);
