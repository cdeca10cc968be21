/** Where everything lies in the machine of a virtio image, linear and physical (docs/virtio.md). */

export const pageBytes = 4096;

/** The boot code runs where it is loaded: its linear addresses are its physical ones, and only ring 0 may use them. */
export const supervisorBase = 0x10_0000;
/** The local APIC once more, for the interrupt handlers in ring 0. Same page table as the boot code. */
export const supervisorApic = 0x11_0000;

/** One page for all of ring 3 to read: the boot block (docs/process-image.md), behind it the command line. */
export const bootBlock = 0x2000_0000;
export const bootWords = {
  magic: 0,
  commandLine: 2,
  commandLineBytes: 3,
  /** Physical address of the shared region. */
  sharedPhysical: 5,
  /** 1 when kvm-clock fills its pages in the shared region. */
  kvmClock: 6,
  memories: 8,
  /** CPUID leaf 0x40000000: who runs the machine. */
  hypervisorLow: 16,
  hypervisorHigh: 17,
  /** CPUID leaf 0x40000010: kHz of the time stamp counter, kHz of the APIC timer's bus; 0 when not told. */
  hypervisorFrequencies: 18,
  /** CPUID leaf 0x15: denominator and numerator, then Hz of the crystal; 0 when not told. */
  crystalRatio: 19,
  crystalHz: 20,
} as const;
export const bootMagic = 0x6d6f_7461_6964_0001n;
export const commandLineOffset = 256;

/** Pages of devices, mapped when the bindings ask for them. */
export const deviceWindow = 0x2001_0000;
export const deviceSlots = 64;

/** Memory that devices read and write as well: what ring 0 leaves for the bindings, then queues and buffers. */
export const sharedBase = 0x2008_0000;
export const sharedBytes = 0x8_0000;
/** Offsets in the shared region. */
export const shared = {
  /** Eight random 64-bit words, and how many of them the processor has given. */
  seeds: 0,
  seedCount: 64,
  /** pvclock_vcpu_time_info and pvclock_wall_clock (Linux, Documentation/virt/kvm/x86/msr.rst). */
  kvmClock: 128,
  kvmWallClock: 192,
  /** What ring 0 makes zero. */
  preparedBytes: 256,
} as const;
export const seedWords = 8;

/** The stack ends where its size says; below it nothing is mapped for this much. */
export const stackGuard = 0x2010_0000;
export const stackStart = 0x2011_0000;

/** Memories are this far apart: an index, an offset and an access cannot reach the next one. */
export const memorySpan = 2 ** 34;
export const memoryBase = (index: number): number => (index + 1) * memorySpan;
/** Two 32-bit numbers and an access reach this far (docs/process-image.md). */
export const memoryReservation = 0x2_0001_0000;

export const alignPage = (bytes: number): number => Math.ceil(bytes / pageBytes) * pageBytes;
