/** An error the person who builds can act on: a code, a place, what is wrong and what to do. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  /** Path as given to the compiler, relative to the application's directory. */
  readonly file?: string;
  /** Both count from 1. */
  readonly line?: number;
  readonly column?: number;
}

export class BuildError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'BuildError';
    this.diagnostics = diagnostics;
  }
}

/** `file:line:column: code: message`, the form editors make clickable. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const place = [diagnostic.file, diagnostic.line, diagnostic.column].filter((part) => part !== undefined).join(':');
  return `${place === '' ? '' : `${place}: `}${diagnostic.code}: ${diagnostic.message}`;
}
