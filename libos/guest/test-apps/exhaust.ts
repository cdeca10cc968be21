// Keeps everything it allocates.
const kept = new Array<Uint8Array>();
while (true) kept.push(new Uint8Array(1 << 16));
