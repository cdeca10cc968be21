/**
 * DOMException (Web IDL §2.8.1, §4.3), which the engine of an image has and V8 by itself has not. Node's own would be of
 * another global scope: no `instanceof Error` of the program's would know it.
 *
 * The function is evaluated in the scope of the program from its text, and so uses nothing from outside of it.
 */
export function defineDomException(): unknown {
  const names = [
    ['IndexSizeError', 'INDEX_SIZE_ERR', 1],
    ['HierarchyRequestError', 'HIERARCHY_REQUEST_ERR', 3],
    ['WrongDocumentError', 'WRONG_DOCUMENT_ERR', 4],
    ['InvalidCharacterError', 'INVALID_CHARACTER_ERR', 5],
    ['NoModificationAllowedError', 'NO_MODIFICATION_ALLOWED_ERR', 7],
    ['NotFoundError', 'NOT_FOUND_ERR', 8],
    ['NotSupportedError', 'NOT_SUPPORTED_ERR', 9],
    ['InUseAttributeError', 'INUSE_ATTRIBUTE_ERR', 10],
    ['InvalidStateError', 'INVALID_STATE_ERR', 11],
    ['SyntaxError', 'SYNTAX_ERR', 12],
    ['InvalidModificationError', 'INVALID_MODIFICATION_ERR', 13],
    ['NamespaceError', 'NAMESPACE_ERR', 14],
    ['InvalidAccessError', 'INVALID_ACCESS_ERR', 15],
    ['TypeMismatchError', 'TYPE_MISMATCH_ERR', 17],
    ['SecurityError', 'SECURITY_ERR', 18],
    ['NetworkError', 'NETWORK_ERR', 19],
    ['AbortError', 'ABORT_ERR', 20],
    ['URLMismatchError', 'URL_MISMATCH_ERR', 21],
    ['QuotaExceededError', 'QUOTA_EXCEEDED_ERR', 22],
    ['TimeoutError', 'TIMEOUT_ERR', 23],
    ['InvalidNodeTypeError', 'INVALID_NODE_TYPE_ERR', 24],
    ['DataCloneError', 'DATA_CLONE_ERR', 25],
  ] as const;
  // Constants of errors that are no longer made.
  const former = [
    ['DOMSTRING_SIZE_ERR', 2],
    ['NO_DATA_ALLOWED_ERR', 6],
    ['VALIDATION_ERR', 16],
  ] as const;

  class DOMException extends Error {
    readonly #name: string;

    constructor(message = '', name = 'Error') {
      super(message);
      this.#name = String(name);
      // Made by the constructor of Error, before the name was known.
      this.stack = `${this.#name}: ${this.message}${(this.stack ?? '').slice(`Error: ${this.message}`.length)}`;
    }

    override get name(): string {
      return this.#name;
    }

    get code(): number {
      return names.find(([name]) => name === this.#name)?.[2] ?? 0;
    }
  }
  Object.defineProperty(DOMException.prototype, Symbol.toStringTag, { value: 'DOMException', configurable: true });
  for (const [constant, value] of [...names.map(([, ...rest]) => rest), ...former]) {
    for (const owner of [DOMException, DOMException.prototype]) {
      Object.defineProperty(owner, constant, { value, enumerable: true });
    }
  }
  return DOMException;
}
