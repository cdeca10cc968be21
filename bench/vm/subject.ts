/** Something that starts and says a line, and perhaps answers: a virtual machine, a process in its place, or nothing at all. */
import type { ServerCommand } from '../subjects/subject.ts';

export interface VmSubject {
  readonly name: string;
  /** How its code is run: in a process, by KVM, by QEMU's translator (TCG). */
  readonly case: 'process' | 'kvm' | 'tcg';
  /** Makes everything that is not part of a start (builds, downloads) and says how to start. */
  prepare(directory: string): Promise<PreparedVm>;
}

export type PreparedVm = ReadyVm | { readonly kind: 'skipped'; readonly why: string };

export interface ReadyVm {
  readonly kind: 'ready';
  readonly version: string;
  /** What has to be stored and loaded for an instance: executable, or kernel and initial file system. */
  readonly imageBytes: number;
  /** Part of the first line of the program itself. Empty: it says nothing, its end is waited for. */
  readonly line: string;
  /** It answers HTTP; if not, why. */
  readonly http: 'yes' | { readonly no: string };
  /** How many are started at once to see what one costs; 0 when it does not stay. */
  readonly instances: number;
  /** `port` is a port of 127.0.0.1 that nobody listens on. */
  command(port: number): Promise<ServerCommand>;
}
