export * from './access.js';
export * from './errors.js';
export * from './load.js';
export * from './logger.js';
export { redact, redactText } from './redact.js';
export type { ArchiveConfig, ArchiveOptions, BackupBlock, HttpConfig, MailConfig } from './schema.js';
export { parseTarget, type Target } from './target.js';
export { requireCache, resolveOptions } from './validate.js';
