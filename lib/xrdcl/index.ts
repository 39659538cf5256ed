/** The binding on libXrdCl: complete in itself, knows nothing of archives. */
export type { Location, VirtualSpace } from '../addon/addon.js';
export { checksumTypes, type Checksum, type ChecksumType, type FileChecksum } from '../posix/index.js';
export {
  logLevels,
  onClientLog,
  setClientLogLevel,
  type ClientLogLevel,
  type ClientLogLine,
} from './client_log.js';
export type { CopyJobOptions } from './copy_options.js';
export type { CopyJob, CopyProgress, CopyResult } from './copy_job.js';
export { copyFile, CopyProcess, type RunOptions } from './copy_process.js';
export { environment } from './environment.js';
export { XRootDError, type ErrorContext } from './error.js';
export { FileSystem, type ServerRole } from './file_system.js';
export {
  checkEndpoint,
  checkRemotePath,
  checkServerUrl,
  isRemoteUrl,
  pathOf,
  serverOf,
  urlOf,
} from './location.js';
export {
  likenessOf,
  removeMade,
  type Likeness,
  type MadeFile,
  type Removal,
  type RemoveMadeOptions,
} from './made_file.js';
export { RateLimit } from './rate_limit.js';
export {
  readChecksum,
  statOpened,
  type OpenedStat,
  type ReadBack,
  type ReadChecksumOptions,
} from './read_checksum.js';
export { readFile, type ReadFile, type ReadFileOptions } from './read_file.js';
export { defaultTimeout, type RequestOptions } from './request.js';
export type { DirEntry } from './listing.js';
export type { PrepareOptions } from './prepare.js';
export { isSmallFile, smallFile } from './small_copy.js';
export { statFlags, type NamedStat, type ShortStat, type StatInfo } from './stat_info.js';
