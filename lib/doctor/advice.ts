/** Words of a failure, and what to do about it. */
import { XRootDError } from '../xrdcl/index.js';

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function adviceFor(error: unknown): string {
  if (!(error instanceof XRootDError))
    return 'this is unexpected: run it again with --log-level debug, and report it';
  if (error.code === 'TlsError')
    return "set X509_CERT_DIR to a directory with the certificate of the authority that issued the server's";
  if (error.isConnectionFailure || error.code === 'NoServer')
    return 'check host and port in target_url, the network and its firewalls, and whether the server runs';
  if (error.isRefusal)
    return (
      'check keytab_file_path, gsi_proxy_path, token_file_path or the XRootD variables; with SSS both clocks must agree within ' +
      'some seconds; ask the operators of the server whether it knows us'
    );
  if (error.code === 'NotAuthorized' || error.code === 'EACCES')
    return 'ask the operators of the server for this permission at the base path, or correct the path in target_url';
  return "the words are the server's: ask its operators";
}
