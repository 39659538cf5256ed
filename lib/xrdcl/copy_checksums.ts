/**
 * Checksums of a copy. libXrdCl computes the local file's checksum while the data flow. We ask a server for its checksum
 * ourselves, after the copy: libXrdCl would ask on the connection that carries other copies; these would then not notice
 * for ten minutes that the server has fallen silent (`checksum_queries.ts`), and its query couldn't be cancelled.
 */
import type { NativeCopyResults, NativeStatus } from '../addon/addon.js';
import { padChecksum, type Checksum } from '../posix/checksum.js';
import type { JobProperties } from './copy_options.js';
import { XRootDError } from './error.js';
import { FileSystem } from './file_system.js';
import { isRemoteUrl, pathOf } from './location.js';
import { statusOf } from './status_codes.js';

/** What is left to do once libXrdCl has copied the file. */
export interface ChecksumPlan {
  type: string;
  /** URL of the source, if its server is to be asked; undefined when libXrdCl computes the checksum, or nobody wants it. */
  source: string | undefined;
  /** The same for the target. */
  target: string | undefined;
  /** The expected checksum; undefined: the source's. */
  preset: string | undefined;
  compare: boolean;
}

/** Splits the work: properties for libXrdCl, and a plan for us (undefined: no checksums, or only local ones). */
export function planChecksums(properties: JobProperties): {
  native: JobProperties;
  plan: ChecksumPlan | undefined;
} {
  const {
    checkSumMode: mode = 'none',
    checkSumType: type = '',
    checkSumPreset: preset,
    ...rest
  } = properties;
  const { source, target } = properties;
  const [fromServer, toServer] = [isRemoteUrl(source), isRemoteUrl(target)];
  if (mode === 'none' || (!fromServer && !toServer)) return { native: properties, plan: undefined };
  const wantsSource = mode !== 'target' && preset === undefined;
  const wantsTarget = mode !== 'source';
  const plan: ChecksumPlan = {
    type: type.toLowerCase(),
    source: wantsSource && fromServer ? source : undefined,
    target: wantsTarget && toServer ? target : undefined,
    preset,
    compare: mode === 'end2end' || (mode === 'target' && preset !== undefined),
  };
  const local = wantsSource && !fromServer ? 'source' : wantsTarget && !toServer ? 'target' : undefined;
  if (local === undefined) return { native: rest, plan };
  return { native: { ...rest, checkSumMode: local, checkSumType: plan.type }, plan };
}

async function ask(url: string, type: string, signal: AbortSignal): Promise<Checksum> {
  return await new FileSystem(url).queryChecksum(pathOf(url), type, { signal });
}

/** Parses libXrdCl's form, `adler32:a1b`, and restores the leading zeros that libXrdCl drops. */
export function checksumOf(text: string | undefined): Checksum | undefined {
  const [type, value] = text?.split(':') ?? [];
  if (type === undefined || value === undefined) return undefined;
  return { type, value: padChecksum(type, value) };
}

/**
 * Carries out the plan and adds the checksums to `results`.
 * @returns the failure: the checksums differ, or a server gave none; undefined if there is none
 */
export async function verifyChecksums(
  { type, source, target, preset, compare }: ChecksumPlan,
  results: NativeCopyResults,
  signal: AbortSignal,
): Promise<NativeStatus | undefined> {
  try {
    const [ofSource, ofTarget] = await Promise.all([
      source === undefined ? checksumOf(results.sourceCheckSum) : ask(source, type, signal),
      target === undefined ? checksumOf(results.targetCheckSum) : ask(target, type, signal),
    ]);
    const expected = preset === undefined ? ofSource : { type, value: padChecksum(type, preset) };
    if (expected) results.sourceCheckSum = `${expected.type}:${expected.value}`;
    if (ofTarget) results.targetCheckSum = `${ofTarget.type}:${ofTarget.value}`;
    if (!compare || expected?.value === ofTarget?.value) return undefined;
    const message = `${type} of the source is ${expected?.value}, of the target ${ofTarget?.value}`;
    return statusOf('CheckSumError', message);
  } catch (error) {
    if (signal.aborted) return statusOf('OperationInterrupted', 'cancelled before its checksum was known');
    if (!(error instanceof XRootDError)) throw error;
    return { ...error.toStatus(), message: error.serverMessage || error.message };
  }
}
