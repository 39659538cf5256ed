/** xrootd-archive: gets a facility's data safely onto tape over XRootD. */
export { Archive, type ArchiveDependencies, type StopOptions } from './archive.js';
export { CatalogueError, type CatalogueErrorCode } from './catalogue/error.js';
export type { StateCount } from './catalogue/queries.js';
export type { CatalogueRow, ChecksumSource, RecordFacts, RemovalRule, RowState } from './catalogue/row.js';
export { CacheError, type CacheErrorCode } from './cache/errors.js';
export type { PutData, PutOptions, PutResult } from './cache/ingest.js';
export { LockedError } from './cache/lock.js';
export type { LockHolder } from './cache/lock_text.js';
export type { DiskUsage } from './cache/usage.js';
export {
  ConfigError,
  createLogger,
  loadConfig,
  type ArchiveConfig,
  type ArchiveOptions,
  type ConfigProblem,
  type LoadedConfig,
  type LoadOptions,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './config/index.js';
export type {
  AuditBlock,
  DrillBlock,
  HooksBlock,
  HttpBlock,
  MailBlock,
  RetentionBlock,
} from './config/block_options.js';
export type {
  AuditConfig,
  DrillConfig,
  HooksConfig,
  HttpConfig,
  MailConfig,
  RetentionConfig,
} from './config/archive_config.js';
export type { CatalogueAudit } from './jobs/verify/audit.js';
export type { BackupOptions } from './jobs/backup/backup.js';
export type { Adoption, CatalogueOwner } from './jobs/catalogue/adopt.js';
export type { ArchiveCatalogue } from './jobs/catalogue/archive_catalogue.js';
export type { CatalogueCheck } from './jobs/catalogue/check.js';
export type { ExportedLine, ExportFormat, ExportOptions } from './jobs/catalogue/export.js';
export type { FindOptions, FoundItem } from './jobs/catalogue/find.js';
export type { ForgetOptions, ForgetResult } from './jobs/catalogue/forget.js';
export type { FoundRecord } from './jobs/catalogue/found_record.js';
export { ImportError, type ImportOptions, type ImportResult } from './jobs/catalogue/import.js';
export type { CatalogueStatus, PartStatus } from './jobs/catalogue/status.js';
export type { ChecksumList } from './jobs/verify/checksum_lists.js';
export type { DrillOptions } from './jobs/restore/drill.js';
export type { Listener } from './jobs/events/event_bus.js';
export type { InFlight, ArchiveEvent, ArchiveEventOf, ArchiveEventType } from './jobs/events/events.js';
export type { EvictOptions } from './jobs/staging/evict.js';
export type { ListItem, ListOptions, RemoteEntry } from './jobs/run/list.js';
export type { RebuildOptions } from './jobs/catalogue/rebuild.js';
export type { Failure, Rebuilt, Report } from './jobs/events/report.js';
export { OpenError, type OpenOptions } from './jobs/restore/open_archived.js';
export type { RestoreOptions } from './jobs/restore/restore.js';
export type { RetentionOptions } from './jobs/retention/retention.js';
export type { RecordStatus, StatusOptions } from './jobs/verify/status.js';
export type { StageOptions } from './jobs/staging/stage.js';
export { StageError } from './jobs/staging/stager.js';
export { NotOnTapeError, type OnTape, type UntilOnTapeOptions } from './jobs/verify/until_on_tape.js';
export type { VerifyAgainst, VerifyOptions } from './jobs/verify/verify.js';
export type { ExpectedFile } from './rules/checksum_list.js';
export type { RemoteState } from './rules/remote_state.js';
export type { Shard } from './rules/sharding.js';
export type { TapeWait } from './rules/tape_wait.js';
export { checksumFile, type ChecksumOptions } from './posix/index.js';
export * from './xrdcl/index.js';
