/**
 * Names of images: `hello`, `hello:1.2`, `registry.example:5000/team/hello:1.2` (the grammar of the OCI distribution
 * specification v1.1, "Pulling manifests"). A reference is normalised to its form with a tag.
 */

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const host = `${label}(?:\\.${label})*(?::[0-9]{1,5})?`;
const referencePattern = new RegExp(
  `^(?:${host}/)?${component}(?:/${component})*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$`,
);
const digestPattern = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (text: string): boolean => digestPattern.test(text);

/** With its tag; `undefined` when the text is no reference. */
export const normaliseReference = (text: string): string | undefined => {
  if (text.length > 255 || !referencePattern.test(text)) return undefined;
  const lastPart = text.slice(text.lastIndexOf('/') + 1);
  return lastPart.includes(':') ? text : `${text}:latest`;
};
