/** Numbers of libXrdCl's enumerations that say what a request asks for. */

/** QueryCode (XrdClFileSystem.hh, XProtocol.hh). */
export const queryCodes = { prepare: 2, checksum: 3, space: 5, config: 7 } as const;

/** PrepareFlags (XrdClFileSystem.hh). */
export const prepareFlags = { cancel: 1, stage: 8, evict: 0x100 } as const;
