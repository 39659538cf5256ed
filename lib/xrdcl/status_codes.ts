/**
 * The one table of XRootD's error numbers: name, POSIX errno where there is one, and whether asking again may help.
 * Client codes are those of `XrdCl/XrdClStatus.hh`, server codes those of `XProtocol/XProtocol.hh` (`enum XErrorCode`);
 * errnos as `XProtocol::toErrno` maps them where that is what an operator expects.
 */
import type { NativeStatus } from '../addon/addon.js';

export interface CodeMeaning {
  name: string;
  /** A key of `os.constants.errno`. */
  errno?: string;
  retryable?: true;
  /** What it means, where libXrdCl gives no text of its own. */
  text: string;
}

/** `code` of an XRootDStatus with which a server's own answer comes; its number is in `errNo`. */
export const errorResponse = 400;
/** `code` of a failure in the local file system; `errNo` is a `kXR_` number from 3000 up, else a POSIX errno. */
export const localError = 402;
/** `errNo` of a server's answer: it knows nothing of the file that we have opened. */
export const fileNotOpen = 3004;
const noServer = 3014;
const cancelled = 3017;
export const invalidAddress = 101;
const socketTimeout = 103;
export const connectionError = 108;
const invalidResponse = 303;
export const checkSumError = 305;
const dataError = 14;
export const handShakeFailed = 202;
const operationInterrupted = 207;
export const operationExpired = 206;
/**
 * Some requests that are in flight when a connection breaks also get this code (AsyncSocketHandler::OnFault: "writer is
 * null"); libXrdCl itself treats it as an error that a new connection fixes (FileStateHandler::IsRecoverable).
 */
export const internalError = 7;

/** What this side finds out by itself, in libXrdCl's numbers. */
const ownFailures = {
  DataError: { code: dataError, errNo: 0 },
  SocketTimeout: { code: socketTimeout, errNo: 0 },
  OperationInterrupted: { code: operationInterrupted, errNo: cancelled },
  InvalidResponse: { code: invalidResponse, errNo: 0 },
  CheckSumError: { code: checkSumError, errNo: 0 },
  NoServer: { code: errorResponse, errNo: noServer },
} as const;

export type OwnFailure = keyof typeof ownFailures;

export function statusOf(failure: OwnFailure, message: string): NativeStatus {
  return { status: 1, ...ownFailures[failure], message };
}

/** Is it the connection that failed, not the request? */
export function isOfConnection(code: number): boolean {
  return Math.floor(code / 100) === 1 || code === internalError;
}

export const clientCodes: ReadonlyMap<number, CodeMeaning> = new Map<number, CodeMeaning>([
  [1, { name: 'Retry', text: 'try again' }],
  [2, { name: 'Unknown', text: 'unknown error' }],
  [3, { name: 'InvalidOp', errno: 'EINVAL', text: 'invalid operation' }],
  [4, { name: 'Fcntl', text: 'cannot change a file descriptor' }],
  [5, { name: 'Poll', text: 'cannot poll a file descriptor' }],
  [6, { name: 'Config', text: 'the system is configured wrongly' }],
  [internalError, { name: 'Internal', retryable: true, text: 'internal error of libXrdCl' }],
  [8, { name: 'UnknownCommand', text: 'unknown command' }],
  [9, { name: 'InvalidArgs', errno: 'EINVAL', text: 'invalid arguments' }],
  [10, { name: 'InProgress', errno: 'EINPROGRESS', text: 'operation in progress' }],
  [11, { name: 'Uninitialized', text: 'not initialized' }],
  [12, { name: 'OSError', text: 'operating system error' }],
  [13, { name: 'NotSupported', errno: 'ENOTSUP', text: 'operation not supported' }],
  [14, { name: 'DataError', errno: 'EIO', text: 'data is corrupted or incomplete' }],
  [15, { name: 'NotImplemented', errno: 'ENOSYS', text: 'operation not implemented' }],
  [16, { name: 'NoMoreReplicas', errno: 'ENOENT', text: 'no more replicas to try' }],
  [17, { name: 'PipelineFailed', text: 'an earlier operation failed' }],
  [101, { name: 'InvalidAddr', errno: 'EHOSTUNREACH', text: 'the host name cannot be resolved' }],
  [102, { name: 'SocketError', errno: 'ECONNABORTED', retryable: true, text: 'socket error' }],
  [103, { name: 'SocketTimeout', errno: 'ETIMEDOUT', retryable: true, text: 'the server fell silent' }],
  [104, { name: 'SocketDisconnected', errno: 'ECONNRESET', retryable: true, text: 'disconnected' }],
  [105, { name: 'PollerError', retryable: true, text: 'poller error' }],
  [106, { name: 'SocketOptError', retryable: true, text: 'cannot set a socket option' }],
  [107, { name: 'StreamDisconnect', errno: 'ECONNRESET', retryable: true, text: 'connection lost' }],
  [108, { name: 'ConnectionError', errno: 'ECONNREFUSED', retryable: true, text: 'cannot connect' }],
  [109, { name: 'InvalidSession', retryable: true, text: 'the session has ended' }],
  [110, { name: 'TlsError', text: 'TLS error' }],
  [201, { name: 'InvalidMessage', errno: 'EBADMSG', text: 'invalid message' }],
  [202, { name: 'HandShakeFailed', text: 'handshake failed' }],
  [203, { name: 'LoginFailed', errno: 'EACCES', text: 'login failed' }],
  [204, { name: 'AuthFailed', errno: 'EACCES', text: 'authentication failed' }],
  [205, { name: 'QueryNotSupported', errno: 'ENOTSUP', text: 'query not supported' }],
  [206, { name: 'OperationExpired', errno: 'ETIMEDOUT', retryable: true, text: 'no answer in time' }],
  [207, { name: 'OperationInterrupted', errno: 'ECANCELED', text: 'cancelled' }],
  [208, { name: 'ThresholdExceeded', retryable: true, text: 'slower than the given threshold' }],
  [301, { name: 'NoMoreFreeSIDs', errno: 'EAGAIN', retryable: true, text: 'too many requests in flight' }],
  [302, { name: 'InvalidRedirectURL', text: 'redirected to an invalid URL' }],
  [303, { name: 'InvalidResponse', errno: 'EBADMSG', text: 'invalid response' }],
  [304, { name: 'NotFound', errno: 'ENOENT', text: 'not found' }],
  [305, { name: 'CheckSumError', errno: 'EIO', text: 'checksums differ' }],
  [306, { name: 'RedirectLimit', errno: 'ELOOP', text: 'too many redirections' }],
  [307, { name: 'CorruptedHeader', errno: 'EBADMSG', text: 'corrupted header' }],
  [400, { name: 'ErrorResponse', text: 'the server answered with an error' }],
  [401, { name: 'Redirect', text: 'unhandled redirection' }],
  [402, { name: 'LocalError', text: 'local error' }],
  [500, { name: 'ResponseNegative', text: 'the answer is no' }],
]);

export const serverCodes: ReadonlyMap<number, CodeMeaning> = new Map<number, CodeMeaning>([
  [3000, { name: 'ArgInvalid', errno: 'EINVAL', text: 'invalid argument' }],
  [3001, { name: 'ArgMissing', errno: 'EINVAL', text: 'missing argument' }],
  [3002, { name: 'ArgTooLong', errno: 'ENAMETOOLONG', text: 'argument too long' }],
  [3003, { name: 'FileLocked', errno: 'EBUSY', retryable: true, text: 'file is locked' }],
  [3004, { name: 'FileNotOpen', errno: 'EBADF', text: 'file is not open' }],
  [3005, { name: 'FSError', errno: 'EIO', text: 'file system error' }],
  [3006, { name: 'InvalidRequest', errno: 'EINVAL', text: 'invalid request' }],
  [3007, { name: 'IOError', errno: 'EIO', retryable: true, text: 'I/O error' }],
  [3008, { name: 'NoMemory', errno: 'ENOMEM', retryable: true, text: 'server is out of memory' }],
  [3009, { name: 'NoSpace', errno: 'ENOSPC', text: 'no space left' }],
  [3010, { name: 'NotAuthorized', errno: 'EACCES', text: 'not authorized' }],
  [3011, { name: 'NotFound', errno: 'ENOENT', text: 'no such file or directory' }],
  [3012, { name: 'ServerError', errno: 'EREMOTEIO', retryable: true, text: 'server error' }],
  [3013, { name: 'Unsupported', errno: 'ENOTSUP', text: 'not supported by the server' }],
  [3014, { name: 'NoServer', errno: 'EHOSTUNREACH', retryable: true, text: 'no server available' }],
  [3015, { name: 'NotFile', errno: 'EINVAL', text: 'not a file' }],
  [3016, { name: 'IsDirectory', errno: 'EISDIR', text: 'is a directory' }],
  [3017, { name: 'Cancelled', errno: 'ECANCELED', text: 'cancelled' }],
  [3018, { name: 'ItExists', errno: 'EEXIST', text: 'already exists' }],
  [3019, { name: 'ChkSumErr', errno: 'EIO', text: 'checksum error' }],
  [3020, { name: 'InProgress', errno: 'EINPROGRESS', retryable: true, text: 'request in progress' }],
  [3021, { name: 'OverQuota', errno: 'EDQUOT', text: 'over quota' }],
  [3022, { name: 'SigVerErr', errno: 'EACCES', text: 'signature verification failed' }],
  [3023, { name: 'DecryptErr', errno: 'EACCES', text: 'decryption failed' }],
  [3024, { name: 'Overloaded', errno: 'EBUSY', retryable: true, text: 'server is overloaded' }],
  [3025, { name: 'FsReadOnly', errno: 'EROFS', text: 'file system is read-only' }],
  [3026, { name: 'BadPayload', errno: 'EINVAL', text: 'bad payload' }],
  [3027, { name: 'AttrNotFound', errno: 'ENODATA', text: 'no such extended attribute' }],
  [3028, { name: 'TLSRequired', errno: 'EPROTO', text: 'the server requires TLS' }],
  [3029, { name: 'NoReplicas', errno: 'ENOENT', text: 'no replicas' }],
  [3030, { name: 'AuthFailed', errno: 'EACCES', text: 'authentication failed' }],
  [3031, { name: 'Impossible', errno: 'EIO', text: 'the server says this is impossible' }],
  [3032, { name: 'Conflict', errno: 'EEXIST', text: 'conflict' }],
  [3033, { name: 'TooManyErrs', errno: 'EIO', text: 'too many errors' }],
  [
    3034,
    { name: 'ReqTimedOut', errno: 'ETIMEDOUT', retryable: true, text: 'the request timed out at the server' },
  ],
  // Since 5.8.
  [3035, { name: 'TimerExpired', errno: 'ETIME', retryable: true, text: 'a timer expired at the server' }],
]);
