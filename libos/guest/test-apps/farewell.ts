// When somebody speaks, sends more frames than a queue holds, as fast as there is room, and ends.
import { attach, Station } from "diatom/frames";
import { exit } from "diatom/process";

const frameCount = 200;

class Sender extends Station {
  private sent: i32 = 0;

  received(_frame: Uint8Array): void {
    this.drained();
  }

  drained(): void {
    const frame = new Uint8Array(60);
    frame.fill(0xff, 0, 6);
    frame.set(this.address, 6);
    // An EtherType for local experiments (IEEE 802 §9.2.3).
    frame[12] = 0x88;
    frame[13] = 0xb5;
    while (this.sent < frameCount) {
      frame[14] = <u8>this.sent;
      if (!this.send(frame)) return;
      this.sent++;
    }
    exit(9);
  }
}

attach(new Sender());
console.log("listening");
