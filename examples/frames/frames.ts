// A machine that can be pinged: it answers ARP (RFC 826) and ICMP echo (RFC 792) for the address it is given, and has no
// TCP/IP otherwise. `diatom run --target virtio --net user examples/frames/frames.ts -e ADDRESS=10.0.2.15`
import { variable } from "diatom/environment";
import { attach, Station } from "diatom/frames";

const ETHERNET_TYPE = 12;
const PAYLOAD = 14;
const TYPE_ARP = 0x0806;
const TYPE_IPV4 = 0x0800;

const ARP_OPERATION = PAYLOAD + 6;
const ARP_SENDER = PAYLOAD + 8;
const ARP_TARGET = PAYLOAD + 18;
const ARP_TARGET_IP = PAYLOAD + 24;
const ARP_BYTES = 28;
const REQUEST = 1;
const REPLY = 2;

const IP_LENGTH = PAYLOAD + 2;
const IP_FRAGMENT = PAYLOAD + 6;
const IP_PROTOCOL = PAYLOAD + 9;
const IP_SOURCE = PAYLOAD + 12;
const IP_DESTINATION = PAYLOAD + 16;
const IP_HEADER_BYTES = 20;
const ICMP = 1;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

function read16(bytes: Uint8Array, at: i32): i32 {
  return ((<i32>bytes[at]) << 8) | bytes[at + 1];
}

function write16(bytes: Uint8Array, at: i32, value: i32): void {
  bytes[at] = <u8>(value >> 8);
  bytes[at + 1] = <u8>value;
}

function swap(bytes: Uint8Array, first: i32, second: i32, length: i32): void {
  for (let i = 0; i < length; i++) {
    const byte = bytes[first + i];
    bytes[first + i] = bytes[second + i];
    bytes[second + i] = byte;
  }
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Uint8Array, from: i32, end: i32): i32 {
  let sum: u32 = 0;
  for (let at = from; at < end; at += 2) sum += (<u32>bytes[at] << 8) | (at + 1 < end ? bytes[at + 1] : 0);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return <i32>(~sum & 0xffff);
}

function parseAddress(text: string): Uint8Array {
  const parts = text.split(".");
  const address = new Uint8Array(4);
  if (parts.length != 4) throw new Error("ADDRESS is no IPv4 address: " + text);
  for (let i = 0; i < 4; i++) address[i] = <u8>I32.parseInt(parts[i]);
  return address;
}

class Host extends Station {
  constructor(private ip: Uint8Array) {
    super();
  }

  received(frame: Uint8Array): void {
    const type = read16(frame, ETHERNET_TYPE);
    if (type == TYPE_ARP) this.arp(frame);
    else if (type == TYPE_IPV4) this.ipv4(frame);
  }

  private isOurs(frame: Uint8Array, at: i32): bool {
    for (let i = 0; i < 4; i++) {
      if (frame[at + i] != this.ip[i]) return false;
    }
    return true;
  }

  private arp(frame: Uint8Array): void {
    if (frame.length < PAYLOAD + ARP_BYTES || read16(frame, ARP_OPERATION) != REQUEST) return;
    if (!this.isOurs(frame, ARP_TARGET_IP)) return;
    write16(frame, ARP_OPERATION, REPLY);
    // What was asked for becomes the sender of the answer.
    swap(frame, ARP_SENDER, ARP_TARGET, 10);
    frame.set(this.address, ARP_SENDER);
    this.sendBack(frame);
  }

  private ipv4(frame: Uint8Array): void {
    if (frame.length < PAYLOAD + IP_HEADER_BYTES + 8 || frame[PAYLOAD] != 0x45 || frame[IP_PROTOCOL] != ICMP) return;
    const end = PAYLOAD + read16(frame, IP_LENGTH);
    const icmp = PAYLOAD + IP_HEADER_BYTES;
    const isFragment = (read16(frame, IP_FRAGMENT) & 0x3fff) != 0;
    if (end > frame.length || end < icmp + 8 || isFragment || !this.isOurs(frame, IP_DESTINATION)) return;
    if (checksum(frame, icmp, end) != 0 || frame[icmp] != ECHO_REQUEST) return;
    swap(frame, IP_SOURCE, IP_DESTINATION, 4);
    frame[icmp] = ECHO_REPLY;
    write16(frame, icmp + 2, 0);
    write16(frame, icmp + 2, checksum(frame, icmp, end));
    this.sendBack(frame);
  }

  /** To whom it came from. Without room it is lost, as frames may be: who asked asks again. */
  private sendBack(frame: Uint8Array): void {
    swap(frame, 0, 6, 6);
    frame.set(this.address, 6);
    this.send(frame);
  }
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += (i > 0 ? ":" : "") + (bytes[i] < 16 ? "0" : "") + (<i32>bytes[i]).toString(16);
  return text;
}

const host = new Host(parseAddress(variable("ADDRESS", "10.0.2.15")));
attach(host);
console.log("answering for " + variable("ADDRESS", "10.0.2.15") + " at " + hex(host.address));
