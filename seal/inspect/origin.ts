/** Which part of an image a function comes from, told from the name the link gave it. First match wins. */
const origins: readonly (readonly [RegExp, string])[] = [
  [/^seal:/, 'seal'],
  [/^bindings\/process\//, 'bindings/process'],
  [/^bindings\/hvt\//, 'bindings/hvt'],
  [/^bindings\/virtio\//, 'bindings/virtio'],
  [/^bindings\//, 'bindings'],
  [/^(?:start:)?libos\/http\//, 'libos/http'],
  [/^(?:start:)?libos\/js\//, 'libos/js'],
  [/^(?:start:)?libos\/cryptography\//, 'libos/cryptography'],
  [/^(?:start:)?libos\//, 'libos'],
  [/^bridge\//, 'libos/bridge'],
  [/^quickjs\//, 'quickjs'],
  [/^(?:start:)?hacl\//, 'hacl'],
  [/~lib\/diatom\//, 'libos/app'],
  [/^~lib\/|^~/, 'assemblyscript'],
];

export function originOf(name: string): string {
  return origins.find(([pattern]) => pattern.test(name))?.[1] ?? 'app';
}
