/** The opaque information of a server: from the configuration, from a file that others renew, and a token. */
import { opaqueProblem } from '../config/opaque.js';
import { tokenProblem } from '../config/token.js';
import { FollowedFile } from './followed_file.js';

export interface OpaqueSource {
  text?: string | undefined;
  /** Path of a file with more of it. */
  file?: string | undefined;
  /** Path of a file with a token, which becomes `authz=`. */
  tokenFile?: string | undefined;
}

/** @returns what gives it as it is now, for each request anew */
export function opaqueOf({ text = '', file, tokenFile }: OpaqueSource): () => string {
  const more = file === undefined ? undefined : new FollowedFile(file, opaqueProblem);
  const token = tokenFile === undefined ? undefined : new FollowedFile(tokenFile, tokenProblem);
  return () =>
    [
      text,
      more?.text ?? '',
      // As in a URL: a plus would become a blank there.
      token === undefined ? '' : `authz=Bearer%20${encodeURIComponent(token.text)}`,
    ]
      .filter((part) => part !== '')
      .join('&');
}
