/** The error that every failure of XRootD becomes. */
import { constants } from 'node:os';
import type { NativeStatus } from '../addon/addon.js';
import { isRemoteUrl, withoutCgi } from './location.js';
import { withoutSecrets } from './secrets.js';
import { certificatesWhere } from './certificates.js';
import {
  clientCodes,
  errorResponse,
  handShakeFailed,
  isOfConnection,
  localError,
  operationExpired,
  serverCodes,
  statusOf,
  type CodeMeaning,
  type OwnFailure,
} from './status_codes.js';

/** What was asked of whom, for the message. */
export interface ErrorContext {
  /** The command: `stat`, `copy`, `query checksum`, … */
  operation: string;
  /** The path or URL that was asked about; of a copy the one that is read. */
  source?: string;
  /** Of a copy: the one that is written. */
  target?: string;
}

const posix: Readonly<Record<string, number>> = constants.errno;
const posixNames = new Map(Object.entries(posix).map(([name, number]) => [number, name]));

/** The options of a URL can be secret. */
function shownEnd(end: string | undefined): string | undefined {
  return end !== undefined && isRemoteUrl(end) ? withoutCgi(end) : end;
}

interface Meaning extends CodeMeaning {
  number: string;
}

function meaningOf(native: NativeStatus): Meaning {
  const { code, errNo } = native;
  const fromServer = code === errorResponse || (code === localError && errNo >= 3000);
  if (fromServer) {
    const known = serverCodes.get(errNo);
    return { ...(known ?? { name: `Server${errNo}`, text: 'unknown server error' }), number: `kXR ${errNo}` };
  }
  if (code === localError) {
    const name = posixNames.get(errNo);
    if (name !== undefined) {
      return { name, errno: name, text: 'local file system error', number: `errno ${errNo}` };
    }
  }
  const known = clientCodes.get(code);
  return { ...(known ?? { name: `Client${code}`, text: 'unknown client error' }), number: `XrdCl ${code}` };
}

/**
 * A failure that XRootD reported: libXrdCl itself or the server behind it.
 * `code` is a name from the table in `status_codes.ts`, or a POSIX name (`ENOSPC`) for a failure of the local disk.
 */
export class XRootDError extends Error {
  /** Always `XRootDError`. */
  override readonly name = 'XRootDError';
  /** A name: `NotFound`, `ConnectionError`, …; docs/library.md, "Errors of XRootD". */
  readonly code: string;
  /** 1 error, 3 fatal: `XrdCl::XRootDStatus::status`. */
  readonly status: number;
  /** `XrdCl::XRootDStatus::code`. */
  readonly statusCode: number;
  /** `XrdCl::XRootDStatus::errNo`: a `kXR_` number for a server's answer. */
  readonly errNo: number;
  /** POSIX errno, positive, where there is one. */
  readonly errno: number | undefined;
  /** The command: `stat`, `copy`, … */
  readonly operation: string;
  /** As in `ErrorContext`, without its options. */
  readonly source: string | undefined;
  /** As in `ErrorContext`, without its options. */
  readonly target: string | undefined;
  /** The server's (or libXrdCl's) own words, possibly empty. */
  readonly serverMessage: string;
  /** Asking again later may help. */
  readonly retryable: boolean;

  /**
   * The binding makes it.
   * @param native what libXrdCl has told
   */
  constructor(native: NativeStatus, context: ErrorContext) {
    const meaning = meaningOf(native);
    const source = shownEnd(context.source);
    const target = shownEnd(context.target);
    const where = [source, target].filter((end) => end !== undefined).join(' -> ');
    const words = withoutSecrets(native.message.trim());
    // libXrdCl says no more than which end failed when the failure is a local one.
    const said = words === '' ? meaning.text : words.startsWith('(') ? `${meaning.text} ${words}` : words;
    const text =
      meaning.name === 'TlsError'
        ? `${said}; certificates of authorities are taken from ${certificatesWhere()}`
        : said;
    super(`${context.operation}${where && ` ${where}`}: ${text} [${meaning.name}, ${meaning.number}]`);
    this.code = meaning.name;
    this.status = native.status;
    this.statusCode = native.code;
    this.errNo = native.errNo;
    this.errno = meaning.errno === undefined ? undefined : posix[meaning.errno];
    this.operation = context.operation;
    this.source = source;
    this.target = target;
    this.serverMessage = words;
    this.retryable = meaning.retryable === true;
  }

  /** What this side found out by itself. `name` becomes its `code`. */
  static of<T extends XRootDError>(
    this: new (native: NativeStatus, context: ErrorContext) => T,
    name: OwnFailure,
    message: string,
    context: ErrorContext,
  ): T {
    return new this(statusOf(name, message), context);
  }

  /** The same failure, of other ends: as people know them, for one. An end that isn't given stays. */
  about(ends: Pick<ErrorContext, 'source' | 'target'>): XRootDError {
    return new XRootDError(this.toStatus(), { ...this.context, ...ends });
  }

  /** What was asked, and of whom. */
  get context(): ErrorContext {
    const { operation, source, target } = this;
    return { operation, ...(source !== undefined && { source }), ...(target !== undefined && { target }) };
  }

  /** As libXrdCl told it. */
  toStatus(): NativeStatus {
    const { status, statusCode: code, errNo, serverMessage: message } = this;
    return { status, code, errNo, message };
  }

  /** True when it is the connection that failed, not the request: refused, silent, lost, unknown host. */
  get isConnectionFailure(): boolean {
    const { statusCode: code } = this;
    return isOfConnection(code) || code === operationExpired || code === handShakeFailed;
  }

  /** True when the server knows us and refuses us, whatever we ask: login or authentication failed. */
  get isRefusal(): boolean {
    return this.code === 'AuthFailed' || this.code === 'LoginFailed' || this.code === 'TLSRequired';
  }
}
