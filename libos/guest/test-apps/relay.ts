// Passes on what comes on port 8080 to TARGET, by a connection of its own for each that it accepts.
import { connect, Connection, listen } from "diatom/net";
import { variable } from "diatom/environment";
class Back extends Connection {
  constructor(public front: Front) { super(); }
  received(bytes: Uint8Array): void { this.front.write(bytes); }
  closed(): void { this.front.close(); }
}
class Front extends Connection {
  back: Back | null = null;
  opened(): void {
    const back = new Back(this);
    this.back = back;
    connect(variable("TARGET"), back);
  }
  received(bytes: Uint8Array): void {
    const back = this.back;
    if (back) back.write(bytes);
  }
  closed(): void {
    const back = this.back;
    if (back) back.close();
  }
}
listen(8080, (): Connection => new Front());
