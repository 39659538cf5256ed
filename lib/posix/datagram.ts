/** One message to a local datagram socket, which Node.js has no means for. */
import { addon } from '../addon/addon.js';
import { systemError } from '../addon/system_error.js';

/**
 * Never waits.
 * @param socket its path, or `@name` of an abstract one; not empty
 * @throws system errors: ENOENT, ECONNREFUSED when nobody listens, EAGAIN when the receiver doesn't keep up
 */
export function sendDatagram(socket: string, message: string): void {
  const errno = addon.sendDatagram(socket, message);
  if (errno !== 0) throw systemError(errno, 'sendto', socket);
}
