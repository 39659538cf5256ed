export * from './access.js';
export type { ArchiveConfig, HooksConfig, HttpConfig, MailConfig } from './archive_config.js';
export * from './errors.js';
export * from './load.js';
export * from './logger.js';
export { redact, redactText } from './redact.js';
export type { ArchiveOptions, BackupBlock } from './schema.js';
export { parseTarget, type Target } from './target.js';
export { requireCache, resolveOptions } from './validate.js';
