/** What Node.js lacks of the operating system, by the addon; it knows nothing of XRootD. */
export {
  checksumFile,
  checksumsOfFile,
  checksumTypes,
  padChecksum,
  type Checksum,
  type ChecksumOptions,
  type ChecksumType,
  type FileChecksum,
} from './checksum.js';
export { sendDatagram } from './datagram.js';
export { hasOtherLocks } from './other_locks.js';
export { publishFile, versionOfFile, type PublishFileOptions } from './publish.js';
export { keepChecksum, RunningSums } from './running_sums.js';
export { writeNewFile, type NewFile, type WrittenFile } from './write_file.js';
export { hasWriters } from './writers.js';
