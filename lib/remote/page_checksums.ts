/**
 * Whether copies carry a checksum for every 4 KiB (XRootD's pgread and pgwrite), which costs more processor time than all
 * the rest of a copy: in a virtual machine libXrdCl 5.5 moves a third of the bytes. Where whole files are compared by checksum
 * afterwards it finds nothing that this doesn't.
 */
import { environment } from '../xrdcl/index.js';

/** libXrdCl's, and 1 by default; what the shell says (`XRD_CPUSEPGWRTRD`) wins. */
const setting = 'CpUsePgWrtRd';
/** Ours, kept there because it is the process's as well: worker threads share it. */
const needed = 'XrootdArchiveNeedsPageChecksums';

/** Off while every store that this process has opened compares whole files. */
export function choosePageChecksums(wholeFilesCompared: boolean): void {
  if (!wholeFilesCompared) environment.put(needed, 1);
  else if (environment.get(needed) === undefined) environment.put(setting, 0);
  // Also what another thread asked for meanwhile.
  if (environment.get(needed) !== undefined) environment.put(setting, 1);
}
