/**
 * Warning headers (RFC 7234 §5.5, apiserver filters/warning.go): code 299, no agent, quoted text. Clients refuse headers
 * that are too long, so too many warnings are cut short each, and those beyond the limit left out.
 */

const totalLimit = 4096;
const shortLength = 256;

export function warningHeader(given: readonly string[]): string {
  // What is decided more than once says the same each time.
  const warnings = [...new Set(given)];
  const total = warnings.reduce((sum, text) => sum + text.length, 0);
  const texts = total > totalLimit ? shortened(warnings) : warnings;
  return texts.map((text) => `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, ' ')}"`).join(', ');
}

function shortened(warnings: readonly string[]): readonly string[] {
  let left = totalLimit;
  const texts: string[] = [];
  for (const warning of warnings) {
    const text = warning.slice(0, shortLength);
    if (text.length > left) break;
    left -= text.length;
    texts.push(text);
  }
  return texts;
}
