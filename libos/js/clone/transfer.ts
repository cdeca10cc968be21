/** Platform objects that can be transferred (HTML §2.7.2) give their successor under this key. */
export const transferable = Symbol('transfer');

export interface Transferable {
  [transferable](): object;
}

/** Platform objects that can be cloned (HTML §2.7.1 serializable objects) give their copy under this key. */
export const serializable = Symbol('serialize');

export interface Serializable {
  [serializable](): object;
}
