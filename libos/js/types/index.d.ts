/**
 * Ambient types of the runtime: what an image has, and nothing else. In a `tsconfig.json`:
 * `"lib": ["esnext"], "types": ["@diatom/libos/types"]`.
 */

/// <reference path="./application.d.ts" />
/// <reference path="./compression.d.ts" />
/// <reference path="./console.d.ts" />
/// <reference path="./crypto.d.ts" />
/// <reference path="./encoding.d.ts" />
/// <reference path="./events.d.ts" />
/// <reference path="./fetch.d.ts" />
/// <reference path="./files.d.ts" />
/// <reference path="./globals.d.ts" />
/// <reference path="./messaging.d.ts" />
/// <reference path="./streams.d.ts" />
/// <reference path="./url.d.ts" />
