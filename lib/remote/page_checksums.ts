/**
 * Whether copies send a checksum with every 4 KiB (XRootD's pgread and pgwrite). That costs more processor time than all
 * the rest of a copy: in a virtual machine libXrdCl 5.5 then moves only a third of the bytes. Where the checksums of whole
 * files are compared afterwards, page checksums find nothing more.
 */
import { environment } from '../xrdcl/index.js';

/** libXrdCl's setting; default 1; the shell's variable (`XRD_CPUSEPGWRTRD`) wins. */
const setting = 'CpUsePgWrtRd';
/** A setting of ours in libXrdCl's environment, which all worker threads of the process share. */
const needed = 'XrootdArchiveNeedsPageChecksums';

/** Off while every store that this process has opened compares whole files. */
export function choosePageChecksums(wholeFilesCompared: boolean): void {
  if (!wholeFilesCompared) environment.put(needed, 1);
  else if (environment.get(needed) === undefined) environment.put(setting, 0);
  // Another thread may have asked for them meanwhile.
  if (environment.get(needed) !== undefined) environment.put(setting, 1);
}
