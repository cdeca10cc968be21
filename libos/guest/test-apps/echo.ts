// A TCP echo server: no HTTP in it, and none in its image.
import { Connection, listen } from "diatom/net";

class Echo extends Connection {
  opened(): void {
    console.log("opened");
  }
  received(bytes: Uint8Array): void {
    this.write(bytes);
  }
  closed(): void {
    console.log("closed");
  }
}

listen(7000, (): Connection => new Echo());
