/**
 * The options in force. Their types are what schema.ts puts out; their docstrings are those of options.ts and block_options.ts. A test
 * compares the types with those of schema.ts.
 */
import type { z } from 'zod';
import type {
  AuditBlock,
  DrillBlock,
  HooksBlock,
  HttpBlock,
  MailBlock,
  RetentionBlock,
} from './block_options.js';
import type { Camelized } from './case.js';
import type { ArchiveOptions } from './options.js';
import type { backupSchema } from './schema.js';

// The reference shows an interface by its name, and spells out what an alias stands for.
/* eslint-disable @typescript-eslint/no-empty-object-type */

/** What schema.ts puts out, in camelCase. */
export type Checked = Camelized<z.output<typeof backupSchema>>;
type CheckedBlock<K extends keyof Checked> = NonNullable<Checked[K]>;

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
// These map over keys of Worded, from whose properties TypeScript therefore takes the docstrings.
type Always<Worded, Types, K extends keyof Worded> = { [P in K]-?: P extends keyof Types ? Types[P] : never };
type Perhaps<Worded, Types, K extends keyof Worded> = { [P in K]?: P extends keyof Types ? Types[P] : never };
/** The properties of `Types`, with the docstrings of `Worded`, which has the same names. */
type Filled<Worded, Types> = Always<Worded, Types, Exclude<keyof Worded, OptionalKeys<Types>>> &
  Perhaps<Worded, Types, keyof Worded & OptionalKeys<Types>>;

/** The checked block `mail`, with its defaults. */
export interface MailConfig extends Filled<MailBlock, CheckedBlock<'mail'>> {}
/** The checked block `hooks`, with its defaults. */
export interface HooksConfig extends Filled<HooksBlock, CheckedBlock<'hooks'>> {}
/** The checked block `retention`, with its defaults. */
export interface RetentionConfig extends Filled<RetentionBlock, CheckedBlock<'retention'>> {}
/** The checked block `audit`, with its defaults. */
export interface AuditConfig extends Filled<AuditBlock, CheckedBlock<'audit'>> {}
/** The checked block `drill`, with its defaults. */
export interface DrillConfig extends Filled<DrillBlock, CheckedBlock<'drill'>> {}
/** The checked block `http`, with its defaults. */
export interface HttpConfig extends Filled<HttpBlock, CheckedBlock<'http'>> {}

interface Blocks {
  mail?: MailConfig | undefined;
  hooks?: HooksConfig | undefined;
  retention?: RetentionConfig | undefined;
  audit?: AuditConfig | undefined;
  drill?: DrillConfig | undefined;
  http?: HttpConfig | undefined;
}

/** Checked options, with every default filled in; paths are absolute, the target is normalised. */
export interface ArchiveConfig extends Filled<ArchiveOptions, Omit<Checked, keyof Blocks> & Blocks> {}
