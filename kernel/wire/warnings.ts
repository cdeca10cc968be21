/** Warning headers (RFC 7234 §5.5, apiserver filters/warning.go): code 299, no agent, quoted text. */

const totalLimit = 4096;
const shortLength = 256;

export function warningHeader(warnings: readonly string[]): string {
  const total = warnings.reduce((sum, text) => sum + text.length, 0);
  const texts = total > totalLimit ? warnings.map((text) => text.slice(0, shortLength)) : warnings;
  return texts.map((text) => `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, ' ')}"`).join(', ');
}
